"""Objects as the API gives them: our own keys left out, times told on the bot's clock, paths expanded."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from sandbox.stripe.account import Account, Thing
from sandbox.stripe.errors import StripeRefusal

_DEEPEST = 4
# What Stripe leaves out unless it is asked for, and where its parts are kept.
_INCLUDED = {("charge", "refunds"): "_refunds", ("invoice", "payments"): "_payments"}


class View:
    """`tellers` says, for each kind of object, how its moments are told."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.tellers: dict[str, Callable[[Thing], None]] = {}

    def shown(self, thing: Thing, expand: Iterable[str] = ()) -> Thing:
        """A copy that later changes leave alone. Raises StripeRefusal for a path that Stripe would refuse."""
        plain = copied(thing)
        if teller := self.tellers.get(plain.get("object", "")):
            teller(plain)
        return self.expanded(plain, expand)

    def expanded(self, plain: Thing, expand: Iterable[str]) -> Thing:
        """The same object, its paths followed; lists of the API have `data.` before each."""
        for path in expand:
            parts = path.split(".")
            if len(parts) > _DEEPEST:
                raise StripeRefusal(
                    f"You cannot expand more than {_DEEPEST} levels of a property. Property: {path}",
                    code="property_expansion_max_depth",
                    param="expand",
                )
            self._follow(plain, parts)
        return plain

    def _follow(self, node: Thing, parts: list[str]) -> None:
        name, rest = parts[0], parts[1:]
        if (kept := _INCLUDED.get((node.get("object", ""), name))) and name not in node:
            node[name] = self._listed(node, name, kept)
        if name not in node or isinstance(node[name], int | float):
            raise StripeRefusal(f"This property cannot be expanded ({name}).", param="expand")
        if isinstance(node[name], str):
            node[name] = self._object(node[name], name)
        inner: list[Any] = node[name] if isinstance(node[name], list) else [node[name]]
        for one in inner:
            if rest and isinstance(one, dict):
                self._follow(cast("Thing", one), rest)

    def _object(self, id: str, name: str) -> Thing | str:
        try:
            thing = self._account.lookup(id)
        except LookupError:
            raise StripeRefusal(f"This property cannot be expanded ({name}).", param="expand") from None
        return id if thing is None else self.shown(thing)

    def _listed(self, node: Thing, name: str, kept: str) -> Thing:
        owner = self._account.lookup(node["id"]) or {}
        parts = [self._account.lookup(one) for one in owner.get(kept, ())]
        data = [self.shown(one) for one in parts if one]
        url = f"/v1/charges/{node['id']}/refunds" if name == "refunds" else "/v1/invoice_payments"
        return {"object": "list", "url": url, "data": data, "has_more": False}


def copied(value: Any) -> Any:
    """Deep, without our own keys."""
    if isinstance(value, dict):
        inner = cast("dict[str, Any]", value)
        ours = "_" if "object" in inner else "\0"
        return {key: copied(one) for key, one in inner.items() if not key.startswith(ours)}
    if isinstance(value, list):
        return [copied(one) for one in cast("list[Any]", value)]
    return value
