"""The drawer's desk: everything that can happen to money and time, by hand, said in a plain sentence."""

from sandbox.drawer.controls import Control, controls
from sandbox.drawer.crowds import Crowds
from sandbox.drawer.lists import shown
from sandbox.drawer.words import Asked, CannotBe

__all__ = ["Asked", "CannotBe", "Control", "Crowds", "controls", "shown"]
