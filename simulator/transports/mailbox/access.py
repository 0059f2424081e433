"""Who may use a mailbox: whoever shows its token, or gives its user's password (RFC 7235)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping

from simulator.core.errors import Refusal
from simulator.core.message import Reply, Request
from simulator.core.routes import problem


class Access:
    """What one mailbox asks of its callers; nothing where neither is set."""

    def __init__(
        self,
        realm: str,
        token: str | None = None,
        user: str | None = None,
        password: str | None = None,
    ) -> None:
        self._good: list[bytes] = []
        challenges = []
        if token is not None:
            self._good.append(b"bearer " + token.encode())
            challenges.append(f'Bearer realm="{realm}"')
        if user is not None:
            pair = base64.b64encode(f"{user}:{password}".encode())
            self._good.append(b"basic " + pair)
            challenges.append(f'Basic realm="{realm}", charset="UTF-8"')
        self._challenge = ", ".join(challenges)

    def allows(self, headers: Mapping[str, str]) -> bool:
        """May a request with these headers pass?"""
        if not self._good:
            return True
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        shown = f"{scheme.lower()} {rest.strip()}".encode("latin-1", "replace")
        found = [hmac.compare_digest(shown, one) for one in self._good]
        return any(found)

    def refuse(self, request: Request) -> Reply:
        """401, saying what would do."""
        shown = "authorization" in request.headers
        detail = "what is shown does not open" if shown else "nothing is shown that would open"
        refusal = Refusal(f"{detail} this mailbox", code="unauthorized", status=401)
        reply = problem(refusal, request.path)
        reply.headers["www-authenticate"] = self._challenge
        return reply
