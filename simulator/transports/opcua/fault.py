"""Errors that a client is answered with."""

from __future__ import annotations

from asyncua import ua

from simulator.core.message import Reply
from simulator.transports.opcua.values import status_code

STATUS = "opcua-status"
"""A reply's header with the name of the status code that the client is to see."""
_BY_HTTP = {
    400: "BadInvalidArgument", 401: "BadUserAccessDenied", 403: "BadUserAccessDenied",
    404: "BadNotFound", 405: "BadNotSupported", 408: "BadTimeout", 409: "BadInvalidState",
    413: "BadRequestTooLarge", 422: "BadInvalidArgument", 429: "BadTooManyOperations",
    501: "BadNotImplemented", 502: "BadCommunicationError", 503: "BadOutOfService",
    504: "BadTimeout",
}  # fmt: skip


class ServiceFault(Exception):
    """A request is answered with nothing but a status code."""

    def __init__(self, status: int) -> None:
        super().__init__(ua.StatusCode(status).name)
        self.status = status


class Hangup(Exception):
    """A connection cannot go on: the client is told why, and it is closed."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Unanswered(Exception):
    """A request has no answer: by a fault, and recorded."""


def status_of(reply: Reply) -> int:
    """The status code of a reply: what it says, else what HTTP's means here."""
    said = reply.headers.get(STATUS)
    if said:
        return int(status_code(said).value)
    if reply.status < 400:
        return 0
    other = "BadInternalError" if reply.status >= 500 else "BadInvalidArgument"
    return int(status_code(_BY_HTTP.get(reply.status, other)).value)
