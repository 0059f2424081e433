"""Bearer tokens of the control plane: for all plants, or for one.

Written as `TOKEN` or `plant=TOKEN`, on the command line or in STAGEFLOOR_TOKENS (separated by
commas or spaces). Without tokens the control plane is open, and so may be bound to loopback only.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from simulator.core.errors import CouldNotStart, Mistake

ENVIRONMENT = "STAGEFLOOR_TOKENS"
SHORTEST = 8
_PLANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class Pass:
    """What a caller may touch: every plant, or only those named."""

    plants: frozenset[str] | None = None  # None is all

    def opens(self, plant: str) -> bool:
        """May the caller touch this plant?"""
        return self.plants is None or plant in self.plants


EVERYTHING = Pass()


class Tokens:
    """The tokens that open the control plane. Only their hashes are kept."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._hashes: list[tuple[bytes, str | None]] = []
        for text in texts:
            plant, token = _split(text)
            self._hashes.append((_hash(token), plant))

    def __bool__(self) -> bool:
        return bool(self._hashes)

    @property
    def plants(self) -> set[str]:
        """The plants that have a token of their own."""
        return {plant for _, plant in self._hashes if plant is not None}

    def check(self, token: str) -> Pass | None:
        """What a token opens, or None. Every hash is compared, in constant time."""
        given = _hash(token)
        everything, plants = False, set()
        for known, plant in self._hashes:
            if hmac.compare_digest(given, known):
                if plant is None:
                    everything = True
                else:
                    plants.add(plant)
        if everything:
            return EVERYTHING
        return Pass(frozenset(plants)) if plants else None

    def authorize(self, header: str | None) -> Pass | None:
        """What an Authorization header opens; everything where there are no tokens."""
        if not self._hashes:
            return EVERYTHING
        scheme, _, token = (header or "").partition(" ")
        return self.check(token.strip()) if scheme.lower() == "bearer" else None

    @classmethod
    def read(cls, given: Iterable[str] = (), environment: Mapping[str, str] = os.environ) -> Tokens:
        """The tokens of the command line and of STAGEFLOOR_TOKENS. Raises Mistake."""
        from_environment = re.split(r"[,\s]+", environment.get(ENVIRONMENT, ""))
        return cls([*given, *filter(None, from_environment)])


def _split(text: str) -> tuple[str | None, str]:
    plant, equals, token = text.partition("=")
    if equals and token.strip("=") and _PLANT.fullmatch(plant):
        return plant, _checked(token)
    return None, _checked(text)


def _checked(token: str) -> str:
    if len(token) < SHORTEST or not _TOKEN.fullmatch(token):
        cure = f"at least {SHORTEST} printable characters without blanks, as TOKEN or plant=TOKEN"
        raise Mistake("a token of the control plane is too short or not plain text", cure=cure)
    return token


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def is_loopback(host: str) -> bool:
    """Does binding to `host` keep to this machine?"""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def guard_binding(host: str, tokens: Tokens) -> None:
    """Refuse to serve beyond loopback without tokens. Raises CouldNotStart."""
    if not tokens and not is_loopback(host):
        raise CouldNotStart(
            f"binding to {host} would let anyone on the network control the plants: give a token "
            f"(--token TOKEN, --token PLANT=TOKEN or {ENVIRONMENT}), or bind to 127.0.0.1"
        )
