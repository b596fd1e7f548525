"""Faults to come: what a test or the drawer wants the next requests to suffer."""

from msgspec import Struct
from msgspec.structs import replace


class Fault(Struct, frozen=True):
    """One kind of trouble for the next `times` requests that match. `times` below zero: for ever."""

    kind: str
    method: str = "*"
    times: int = 1
    path: str = ""
    chat_id: int | None = None
    retry_after: int = 1
    seconds: float = 0.0

    def concerns(self, method: str, path: str, chat_id: int | None) -> bool:
        is_method = self.method in ("*", method)
        return is_method and path.startswith(self.path) and self.chat_id in (None, chat_id)


class Faults:
    """The faults in waiting, first come first served."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def drop(self, fault: Fault) -> None:
        """Whoever added it takes back what is left of it."""
        self._waiting = [one for one in self._waiting if one != fault]

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, method: str, path: str = "", chat_id: int | None = None) -> Fault | None:
        """The fault for this request, used up once."""
        for index, fault in enumerate(self._waiting):
            if fault.concerns(method, path, chat_id):
                self._use(index, fault)
                return fault
        return None

    def _use(self, index: int, fault: Fault) -> None:
        if fault.times == 1:
            del self._waiting[index]
        elif fault.times > 1:
            self._waiting[index] = replace(fault, times=fault.times - 1)

    def __len__(self) -> int:
        return len(self._waiting)
