"""What a mailbox endpoint may set in the plant file."""

from __future__ import annotations

from pydantic import Field, model_validator

from simulator.core.durations import Duration
from simulator.transports._delivery import Posting
from simulator.transports.http.place import Place

BODY_LIMIT = 32 * 1024 * 1024
_POSTED = ("headers", "proxy", "verify_tls", "timeout", "concurrency", "ordered", "retry")


class Settings(Place, Posting):
    """A mailbox: who may use it, and how what the partner says reaches the integration."""

    body_limit: int = Field(
        BODY_LIMIT, ge=1, description="larger interchanges are refused (413), bytes"
    )

    # --- who may use it
    token: str | None = Field(
        None,
        description="a bearer token that the integration has to show; ${NAME} is filled in; "
        "without it and `user`, the mailbox is open to all",
    )
    user: str | None = Field(
        None, min_length=1, pattern=r"^[^:]*$",
        description="the name that the integration has to give (basic authentication)",
    )  # fmt: skip
    password: str | None = Field(
        None, description="the password that belongs to `user`; ${NAME} is filled in"
    )

    # --- what the partner says
    url: str | None = Field(
        None,
        description="where it is posted to; ${NAME} is filled in; without it, it lies in the "
        "mailbox until it is fetched and taken",
    )
    wait: Duration | None = Field(
        None, gt=0,
        description="what nobody took for so long is thrown away, and its message has failed "
        "(wall time); by default it stays",
    )  # fmt: skip

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together")
        foreign = _POSTED if self.url is None else ("wait",)
        for name in foreign:
            if name in self.model_fields_set:
                how = "without url (what is said is fetched)" if self.url is None else "with url"
                raise ValueError(f"{name!r} means nothing {how}: leave it out")
        return self
