"""Stripe's form bodies: `a[b][0]=v` to nested data, refusing duplicate keys and holes."""

import re
from typing import Any, cast
from urllib.parse import parse_qsl

from sandbox.stripe.errors import StripeRefusal

_PARTS = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")


def read_form(body: str) -> dict[str, Any]:
    """Nested dicts and lists of text. Raises StripeRefusal."""
    tree: dict[str, Any] = {}
    for key, value in parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body)):
        _put(tree, _path(key), value, key)
    return cast("dict[str, Any]", _lists(tree, ""))


def _path(key: str) -> list[str]:
    found = _PARTS.match(key)
    if not found:
        raise StripeRefusal(f"Invalid key: {key}", param=key)
    return [found.group(1), *re.findall(r"\[([^\[\]]*)\]", found.group(2))]


def _put(tree: dict[str, Any], path: list[str], value: str, key: str) -> None:
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise StripeRefusal(f"Invalid key: {key}", param=key)
    if path[-1] in tree:
        raise StripeRefusal(f"Duplicate parameter: {key}", param=key)
    tree[path[-1]] = value


def _lists(node: Any, name: str) -> Any:
    if not isinstance(node, dict):
        return node
    inner = cast("dict[str, Any]", node)
    if inner and all(key.isdigit() for key in inner):
        if sorted(map(int, inner)) != list(range(len(inner))):
            raise StripeRefusal(f"Invalid array: {name} has holes", param=name)
        return [_lists(inner[str(index)], name) for index in range(len(inner))]
    return {key: _lists(value, f"{name}[{key}]" if name else key) for key, value in inner.items()}
