"""CMS structures (RFC 5652) as they come, BER included, read by asn1crypto.

Whatever the bytes are, the outcome is a value or, through `named`, an As2Failure.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from asn1crypto import cms

from simulator.transports.as2.der import bounded, joined
from simulator.transports.as2.failure import As2Failure, Disposition

P = ParamSpec("P")
T = TypeVar("T")


def named(disposition: Disposition, what: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a function fail with an As2Failure only: asn1crypto finds what is wrong lazily, and says
    it with errors of many kinds."""

    def wrap(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except As2Failure:
                raise
            except Exception as error:  # noqa: BLE001 - see above
                said = str(error).partition("\n")[0][:120]
                raise As2Failure(disposition, f"{what}: {said}") from None

        return wrapped

    return wrap


@named("unexpected-processing-error", "the CMS structure cannot be read")
def kind(blob: bytes) -> str:
    """`enveloped_data`, `signed_data`, `compressed_data`, `authenticated_enveloped_data` …"""
    return str(load(blob)["content_type"].native)


def load(blob: bytes) -> Any:
    """A ContentInfo, whose structure is not too large. Raises ValueError."""
    return cms.ContentInfo.load(bounded(blob))


def octets(value: Any) -> bytes:
    """An octet string's bytes, whether in one piece or in chunks."""
    found: bytes = value.contents if value.method == 0 else joined(value.contents)
    return found


def held(blob: bytes, name: str) -> Any:
    """What a ContentInfo of this kind holds. Raises ValueError for another one."""
    info = load(blob)
    if info["content_type"].native != name:
        raise ValueError(f"it is {info['content_type'].native}, not {name}")
    return info["content"]


def as_set(attributes: Any) -> bytes:
    """Attributes as they are digested: a SET, in DER even where they were sent as BER."""
    whole: bytes = attributes.dump()
    if whole[1] == 0x80:
        whole = attributes.dump(force=True)
    return b"\x31" + whole[1:]
