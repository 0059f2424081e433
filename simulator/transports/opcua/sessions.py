"""Sessions: who is connected, as which user, and for how long (part 4, 5.6)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from asyncua import ua
from asyncua.common.utils import create_nonce

from simulator.core.timer import monotonic
from simulator.transports.opcua.fault import ServiceFault
from simulator.transports.opcua.publishing import Client
from simulator.transports.opcua.wire import Reader

if TYPE_CHECKING:
    from simulator.transports.opcua.channel import Channel
    from simulator.transports.opcua.server import OpcuaServer

Codes = ua.StatusCodes
LONGEST, SHORTEST = 3_600_000.0, 1_000.0  # ms that a session may be silent
_NONCE = 32


@dataclass(eq=False)
class Session:
    """One session. `nonce` is what a client signs to prove who it is."""

    id: ua.NodeId
    token: ua.NodeId
    name: str
    timeout: float  # seconds
    nonce: bytes
    channel: Channel | None
    client: Client
    certificate: bytes | None
    user: str | None = None
    activated: bool = False
    seen: float = 0.0  # monotonic seconds
    continuations: dict[bytes, Any] = field(default_factory=dict)
    point: int = 0

    def keep(self, most: int, what: Any) -> bytes | None:
        """Keep the rest of an answer, and say by which name; None where too much is kept."""
        if len(self.continuations) >= most:
            return None
        self.point += 1
        name = self.point.to_bytes(4, "little")
        self.continuations[name] = what
        return name


class Sessions:
    """Every session of one server."""

    def __init__(self, server: OpcuaServer) -> None:
        self._server = server
        self._all: dict[ua.NodeId, Session] = {}
        self._number = 0

    def __len__(self) -> int:
        return len(self._all)

    def every(self) -> list[Session]:
        """All of them."""
        return list(self._all.values())

    def over(self, channel: Channel) -> bool:
        """Has a connection an activated session?"""
        return any(one.channel is channel and one.activated for one in self._all.values())

    def find(self, channel: Channel, token: ua.NodeId, *, activated: bool = True) -> Session:
        """The session of a request. Raises ServiceFault."""
        found = self._all.get(token)
        if found is None:
            raise ServiceFault(Codes.BadSessionIdInvalid)
        if found.channel is not channel:
            raise ServiceFault(Codes.BadSecureChannelIdInvalid)
        if activated and not found.activated:
            raise ServiceFault(Codes.BadSessionNotActivated)
        found.seen = monotonic()
        return found

    def create(self, channel: Channel, reader: Reader) -> tuple[Session, ua.CreateSessionResult]:
        """A new session, not activated yet. Raises ServiceFault."""
        asked = reader.rest(ua.CreateSessionParameters)
        self._make_room()
        policy: Any = channel.policy
        if policy.Mode == ua.MessageSecurityMode.None_ and not channel.identity.open:
            raise ServiceFault(Codes.BadSecurityPolicyRejected)  # such channels only discover
        if policy.peer_certificate:
            if len(asked.ClientNonce or b"") < _NONCE:
                raise ServiceFault(Codes.BadNonceInvalid)
            description = asked.ClientDescription
            self._server.trust.check_application(policy.peer_certificate, description)
        wanted = float(asked.RequestedSessionTimeout or 0)
        timeout = min(max(wanted, SHORTEST), LONGEST) if wanted > 0 else 60_000.0
        self._number += 1
        one = Session(
            ua.NodeId(self._number, 1), ua.NodeId(create_nonce(_NONCE), 0),
            asked.SessionName or "", timeout / 1000, create_nonce(_NONCE), channel,
            Client(self._server.settings.limits.publishes), policy.peer_certificate,
            seen=monotonic(),
        )  # fmt: skip
        self._all[one.token] = one
        made = ua.CreateSessionResult()
        made.SessionId, made.AuthenticationToken = one.id, one.token
        made.RevisedSessionTimeout = timeout
        made.ServerNonce = one.nonce
        made.ServerCertificate = policy.host_certificate
        made.ServerEndpoints = self._server.endpoints(asked.EndpointUrl, channel)
        made.MaxRequestMessageSize = self._server.settings.limits.message
        data = (policy.peer_certificate or b"") + (asked.ClientNonce or b"")
        made.ServerSignature.Signature = policy.asymmetric_cryptography.signature(data)
        made.ServerSignature.Algorithm = policy.AsymmetricSignatureURI
        return one, made

    def activate(self, channel: Channel, token: ua.NodeId, reader: Reader) -> bytes:
        """Let a session begin, or go on over another connection; its next nonce.

        Raises ServiceFault.
        """
        one = self._all.get(token)
        if one is None:
            raise ServiceFault(Codes.BadSessionIdInvalid)
        policy: Any = channel.policy
        if one.channel is not channel:
            if not one.activated:
                raise ServiceFault(Codes.BadSecureChannelIdInvalid)
            if policy.peer_certificate != one.certificate:
                raise ServiceFault(Codes.BadSecurityChecksFailed)
        asked = reader.rest(ua.ActivateSessionParameters)
        data = (policy.host_certificate or b"") + one.nonce
        try:
            policy.asymmetric_cryptography.verify(data, asked.ClientSignature.Signature)
        except Exception:  # noqa: BLE001 - asyncua and cryptography raise what they like
            raise ServiceFault(Codes.BadApplicationSignatureInvalid) from None
        one.user = one.client.user = self._user(one, asked)
        if one.channel is not channel:
            one.client.asks.clear()
            one.channel = channel
        one.activated, one.seen = True, monotonic()
        one.nonce = create_nonce(_NONCE)
        return one.nonce

    def _user(self, one: Session, asked: Any) -> str:
        """Who somebody is. Raises ServiceFault."""
        settings, token = self._server.settings, asked.UserIdentityToken
        if isinstance(token, ua.UserNameIdentityToken):
            if not settings.users:
                raise ServiceFault(Codes.BadIdentityTokenRejected)
            try:
                name, password = self._server.inner.iserver.decrypt_user_token(one, token)
            except Exception:  # noqa: BLE001 - bytes that cannot be decrypted
                raise ServiceFault(Codes.BadIdentityTokenInvalid) from None
            right = self._server.passwords.get(name or "")
            given = str(password or "").encode()
            if right is None or not hmac.compare_digest(right.encode(), given):
                raise ServiceFault(Codes.BadUserAccessDenied)
            return str(name)
        if isinstance(token, ua.X509IdentityToken):
            if not settings.user_certificates:
                raise ServiceFault(Codes.BadIdentityTokenRejected)
            try:
                signed = asked.UserTokenSignature
                shown = self._server.inner.iserver.verify_x509_token(one, token, signed)
            except Exception:  # noqa: BLE001 - a signature that is none
                raise ServiceFault(Codes.BadIdentityTokenInvalid) from None
            return self._server.trust.user(shown)
        if isinstance(token, ua.AnonymousIdentityToken) or _null(token):
            if not settings.anonymous:
                raise ServiceFault(Codes.BadIdentityTokenRejected)
            return ""
        raise ServiceFault(Codes.BadIdentityTokenInvalid)

    def _make_room(self) -> None:
        if len(self._all) < self._server.settings.limits.sessions:
            return
        idle = [one for one in self._all.values() if one.channel is None or not one.activated]
        if not idle:
            raise ServiceFault(Codes.BadTooManySessions)
        self.close(min(idle, key=lambda one: one.seen), subscriptions=True)

    def close(self, one: Session, *, subscriptions: bool) -> None:
        """End a session, and its subscriptions unless they are to be transferred."""
        self._all.pop(one.token, None)
        one.activated = False
        one.continuations.clear()
        if subscriptions:
            for number in list(one.client.subscriptions):
                self._server.subscriptions.delete(number)
        one.client.farewells.clear()
        one.client.asks.clear()

    def lost(self, channel: Channel) -> None:
        """A connection ended: its sessions wait to be activated over another one."""
        for one in list(self._all.values()):
            if one.channel is channel:
                one.client.lost(channel)
                one.channel = None
                if not one.activated or not one.client.subscriptions:
                    self.close(one, subscriptions=True)

    def sweep(self) -> None:
        """End the sessions that were silent for too long."""
        now = monotonic()
        for one in list(self._all.values()):
            if now - one.seen > one.timeout:
                self.close(one, subscriptions=True)


def _null(token: Any) -> bool:
    return isinstance(token, ua.ExtensionObject) or token is None
