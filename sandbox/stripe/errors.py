"""What Stripe says when it says no."""

from typing import Any


class StripeRefusal(Exception):
    """An error in Stripe's JSON shape."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param, self.kind = status, message, code, param, kind

    @property
    def is_news(self) -> bool:
        """Who asked could not have known: the request itself kept the contract."""
        return self.status == 404 or (self.code or "").startswith("amount_")

    def body(self) -> dict[str, Any]:
        error = {"type": self.kind, "message": self.message, "code": self.code, "param": self.param}
        return {"error": {key: value for key, value in error.items() if value is not None}}


class StateRefusal(StripeRefusal):
    """Refused for what became of an object meanwhile."""

    @property
    def is_news(self) -> bool:
        return True


def missing(kind: str, id: str, param: str = "id") -> StripeRefusal:
    return StripeRefusal(f"No such {kind}: '{id}'", status=404, code="resource_missing", param=param)
