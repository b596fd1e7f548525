"""Screen and Button: what is drawn, with no knowledge of who draws it."""

from msgspec import Struct, field

from bot.actions import Action
from bot.contents import Content


class Button(Struct, frozen=True):
    """One button: exactly one of `action`, `url` and `copy` is set. `style` is primary, success or danger."""

    label: str
    action: Action | None = None
    url: str | None = None
    copy: str | None = None
    style: str | None = None


class Document(Struct, frozen=True):
    """A file; `is_picture`: shown as a photo, not to be downloaded first."""

    name: str
    content: bytes
    is_picture: bool = False


Rows = tuple[tuple[Button, ...], ...]


class Post(Struct, frozen=True):
    """A message as staff wrote it, with its buttons, which stand `below` an album in a message of their own. `first_name`
    takes the place of the placeholder; None leaves it."""

    content: Content
    rows: Rows = ()
    first_name: str | None = None
    below: str = ""


class Screen(Struct, frozen=True):
    """Telegram HTML and buttons. `stays` marks a message of its own that later screens leave alone; `posts` are sent above it."""

    text: str
    rows: Rows = ()
    document: Document | None = None
    stays: bool = False
    awaiting: Action | None = field(default=None)
    # Telegram's file_id of a photo that the text stands under; such a text has 1,024 UTF-16 units at most.
    photo: str | None = None
    # Nothing is drawn: a Delivery on its way says the same.
    is_silent: bool = False
    posts: tuple[Post, ...] = ()


def rows(*lines: Button | tuple[Button, ...] | None) -> Rows:
    """Button rows; a lone button is a row, None and empty rows vanish."""
    whole = (line if isinstance(line, tuple) else (line,) for line in lines if line)
    return tuple(line for line in whole if line)


def paragraphs(*parts: str | None) -> str:
    return "\n\n".join(part for part in parts if part)


def lines(*parts: str | None) -> str:
    return "\n".join(part for part in parts if part)
