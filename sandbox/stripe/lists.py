"""Stripe's lists: newest first, filtered, a page at a time."""

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.stripe.account import Thing
from sandbox.stripe.errors import StripeRefusal
from sandbox.stripe.filters import Fits

_MOST = 100
_MOST_TYPES = 20
_PLACES = ("limit", "starting_after", "ending_before", "expand", "created")


def page(
    oldest_first: Iterable[Thing],
    params: dict[str, Any],
    url: str,
    fits: Fits,
    shown: Callable[[Thing], Thing],
) -> dict[str, Any]:
    """One page of the rows that fit the parameters other than the place in the list."""
    wanted = {name: value for name, value in params.items() if name not in _PLACES}
    is_in, is_wanted = _range(params.get("created")), fits(wanted)
    rows = [row for row in oldest_first if is_in(row["created"]) and is_wanted(row)]
    rows.reverse()
    rows, has_more = _cut(rows, params)
    return {"object": "list", "url": url, "data": [shown(row) for row in rows], "has_more": has_more}


def check_page(params: dict[str, Any]) -> None:
    """Raises StripeRefusal for what no list takes."""
    if not 1 <= int(params.get("limit", 10)) <= _MOST:
        raise StripeRefusal(f"Limit must be between 1 and {_MOST}", param="limit")
    if "starting_after" in params and "ending_before" in params:
        raise StripeRefusal("You may only specify one of these parameters: starting_after, ending_before.")
    if len(params.get("types") or ()) > _MOST_TYPES:
        raise StripeRefusal(f"You may only specify up to {_MOST_TYPES} event types.", param="types")


def _range(created: Any) -> Callable[[int], bool]:
    if created is None:
        return lambda _: True
    if isinstance(created, str):
        return lambda moment: moment == int(created)
    least = max(int(created.get("gte", 0)), int(created.get("gt", -1)) + 1)
    most = min(int(created.get("lte", 1 << 62)), int(created.get("lt", 1 << 62)) - 1)
    return lambda moment: least <= moment <= most


def _cut(rows: list[Thing], params: dict[str, Any]) -> tuple[list[Thing], bool]:
    limit = int(params.get("limit", 10))
    if "ending_before" in params:
        end = _place(rows, params["ending_before"])
        start = max(0, end - limit)
        return rows[start:end], start > 0
    start = _place(rows, params["starting_after"]) + 1 if "starting_after" in params else 0
    return rows[start : start + limit], len(rows) > start + limit


def _place(rows: list[Thing], id: str) -> int:
    for index, row in enumerate(rows):
        if row["id"] == id:
            return index
    raise StripeRefusal(f"No such object: '{id}'", status=404, code="resource_missing")
