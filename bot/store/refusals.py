"""What PostgreSQL refuses, in our own words.

What the server says beside its message names rows and values: it is left out, so that it can reach no log.
"""

import re

import psycopg
from psycopg import pq

from bot.errors import StoreDown
from bot.store.sql import Broken

# Kinds of SQLSTATE that mean "not here now": connection and shutdown; resources, an operator's hand, disk.
_CUT_KINDS = ("08", "57P")
_DOWN_KINDS = ("53", "57", "58")
# Read-only server, lock not got, idle for too long; and as on SQLite: tables that are not there, or not these.
_DOWN_STATES = ("25006", "25P03", "55P03", "42P01", "42703")
# Whether it was done: no better than no answer.
_UNKNOWN = "40003"
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_ENDS, _REST = re.compile("[\"'\\s]"), re.compile("[\"'].*", re.DOTALL)


class Again(StoreDown):
    """Undone by the server because of others; the same may succeed at once."""


class Cut(StoreDown):
    """This connection is of no use any more; another may be."""


class Late(Cut):
    """It may only be slow: whoever asked another one the same would wait as long again."""


class Outdated(StoreDown):
    """The tables were changed meanwhile: what was prepared no longer fits them."""


def refusal(result: "pq.abc.PGresult", sql: str) -> Exception:
    """The error that a statement's result stands for."""
    state = _said(result, pq.DiagnosticField.SQLSTATE)
    said = _said(result, pq.DiagnosticField.MESSAGE_PRIMARY)
    if not state or state.startswith(_CUT_KINDS) or state == _UNKNOWN:
        return Cut(said or words(result.get_error_message()))
    if state.startswith("23"):
        return Broken(said)
    if state.startswith("40"):
        return Again(said)
    if state == "0A000" and "cached plan" in said:
        return Outdated("the tables were changed meanwhile")
    if state.startswith(_DOWN_KINDS) or state in _DOWN_STATES:
        return StoreDown(said)
    kind = _kind(state)
    # Data exceptions (22) quote the value.
    return kind(f"{kind.__name__ if state.startswith('22') else said} in: {sql}")


def _kind(state: str) -> type[psycopg.Error]:
    try:
        return psycopg.errors.lookup(state)
    except KeyError:
        return psycopg.DatabaseError


def _said(result: "pq.abc.PGresult", field: pq.DiagnosticField) -> str:
    return (result.error_field(field) or b"").decode(errors="replace")


def words(said: str, address: str = "") -> str:
    """What went wrong with a connection, in one line. Names are left out: of an address that was written wrongly, a part of the
    password may be taken for one; where the address itself holds what ends a name, all after the first is left out.
    """
    kept = _REST.sub("...", said) if _ENDS.search(address) else _QUOTED.sub("...", said)
    line = next(iter(kept.strip().splitlines()), "")
    return line.removeprefix("connection failed: ") or "no connection"
