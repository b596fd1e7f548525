"""Faults told to Sentry, where SENTRY_DSN is set: which kind and where in the code, never what was said or about whom.

An exception's words may hold anything (a text, a name, an address), so they stay in our own log; both have the trace's id.
"""

import logging
from collections.abc import Mapping
from typing import Any

from bot import __version__, tracing

_KEPT = ("event_id", "timestamp", "level", "platform", "logger", "release", "environment", "sdk")
_FRAME = ("filename", "function", "module", "lineno", "in_app")
_OURS = ("bot", "handlers", "entraide")


def set_up(dsn: str, **more: Any) -> None:
    """Raises ImportError where sentry-sdk is not installed. Nothing of it is imported before."""
    import sentry_sdk
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        dsn=dsn,
        release=__version__,
        # The others look into requests, arguments and the machine.
        default_integrations=False,
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR), ExcepthookIntegration()],
        before_send=scrub,
        max_breadcrumbs=0,
        include_local_variables=False,
        include_source_context=False,
        auto_session_tracking=False,
        send_client_reports=False,
        **more,
    )


def scrub(event: Any, _: Mapping[str, Any]) -> Any:
    """A new event of what is known to be harmless: what a library adds tomorrow is left out too."""
    clean: dict[str, Any] = {name: event[name] for name in _KEPT if name in event}
    clean["tags"] = {"trace": tracing.current()} if tracing.current() else {}
    entry: Mapping[str, Any] = event.get("logentry") or {}
    # Our own messages are constants; what they are about stands in fields, which are left out.
    if str(event.get("logger", "")).split(".")[0] in _OURS and entry.get("message"):
        clean["logentry"] = {"message": entry["message"]}
    raised: Mapping[str, Any] = event.get("exception") or {}
    if raised:
        clean["exception"] = {"values": [_bare(one) for one in raised.get("values") or ()]}
    return clean


def _bare(raised: Mapping[str, Any]) -> dict[str, Any]:
    trace: Mapping[str, Any] = raised.get("stacktrace") or {}
    frames: Any = trace.get("frames") or ()
    return {
        "type": raised.get("type"),
        "module": raised.get("module"),
        "stacktrace": {
            "frames": [{name: frame[name] for name in _FRAME if name in frame} for frame in frames]
        },
    }
