"""Policies, users, certificates and trust lists, with clients that check what they are shown."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asyncua import Client, ua
from asyncua.crypto import security_policies as policies
from asyncua.crypto.validator import CertificateValidator, CertificateValidatorOptions
from cryptography.hazmat.primitives import serialization

from simulator.transports._certificates import Issued
from simulator.transports.opcua.identity import TEN_YEARS, issue
from tests.transports.opcua.hall import Hall

URI = "urn:test:client"
KINDS = {
    "Basic256Sha256": policies.SecurityPolicyBasic256Sha256,
    "Aes128_Sha256_RsaOaep": policies.SecurityPolicyAes128Sha256RsaOaep,
    "Aes256_Sha256_RsaPss": policies.SecurityPolicyAes256Sha256RsaPss,
}
SAFE = KINDS["Basic256Sha256"]
CheckFailed = (ua.UaError, ConnectionError, TimeoutError)


@pytest.fixture(scope="module")
def ours() -> Issued:
    return issue(URI, None, TEN_YEARS)


def saved(one: Issued, folder: Path, name: str) -> tuple[Path, Path]:
    key, certificate = folder / f"{name}.key.pem", folder / f"{name}.der"
    one.save(key, key=True, certificate=False)
    certificate.write_bytes(one.certificate.public_bytes(serialization.Encoding.DER))
    return certificate, key


@asynccontextmanager
async def secured(
    hall: Hall, one: Issued, folder: Path, policy: Any = SAFE, mode: Any = None, **user: Any
) -> AsyncIterator[Client]:
    client = hall.client(timeout=5)
    client.application_uri = URI
    certificate, key = saved(one, folder, "client")
    modes = ua.MessageSecurityMode
    await client.set_security(policy, certificate, key, mode=mode or modes.SignAndEncrypt)
    if user.get("name"):
        client.set_user(user["name"])
        client.set_password(user["password"])
    async with client:
        yield client


async def reads(client: Client, hall: Hall) -> Any:
    return await hall.node(client, "Coolant/Setpoint").read_value()


@pytest.mark.parametrize("policy", KINDS)
async def test_every_policy_carries(hall: Hall, ours: Issued, tmp_path: Path, policy: str) -> None:
    for mode in (ua.MessageSecurityMode.Sign, ua.MessageSecurityMode.SignAndEncrypt):
        async with secured(hall, ours, tmp_path, KINDS[policy], mode) as client:
            assert await reads(client, hall) == 21.5


async def test_only_the_policies_that_are_set_are_offered(build: Any) -> None:
    hall = await build(endpoint={"policies": ["Basic256Sha256"], "modes": ["sign"]})
    found = await hall.client().connect_and_get_server_endpoints()
    assert [(one.SecurityMode, one.SecurityPolicyUri) for one in found] == [
        (ua.MessageSecurityMode.Sign, SAFE.URI)
    ]
    with pytest.raises(CheckFailed):
        await hall.client(timeout=3).connect()


async def test_a_channel_without_security_only_discovers_where_that_is_not_set(build: Any) -> None:
    hall = await build(endpoint={"policies": ["Basic256Sha256"]})
    client = hall.client(timeout=5)
    await client.connect_socket()
    try:
        await client.send_hello()
        await client.open_secure_channel()
        with pytest.raises(ua.UaStatusCodeError) as refused:
            await client.create_session()
        assert refused.value.code == ua.StatusCodes.BadSecurityPolicyRejected
    finally:
        client.disconnect_socket()


async def test_a_trust_list_asks_no_certificate_of_those_without_security(build: Any) -> None:
    hall = await build(endpoint={"trust": "list"})
    async with hall.client() as client:
        assert await reads(client, hall) == 21.5


async def test_users_have_passwords(build: Any, ours: Issued, tmp_path: Path) -> None:
    hall = await build(endpoint={"anonymous": False, "users": {"anna": "s3cret"}})
    with pytest.raises(ua.uaerrors.BadIdentityTokenRejected):
        async with hall.client():
            pass
    for name, password in (("anna", "wrong"), ("otto", "s3cret"), ("anna", "")):
        client = hall.client()
        client.set_user(name)
        client.set_password(password)
        with pytest.raises((ua.uaerrors.BadUserAccessDenied, ua.uaerrors.BadIdentityTokenInvalid)):
            await client.connect()
        client.disconnect_socket()
    client = hall.client()  # over an open channel, the password is encrypted by itself
    client.set_user("anna")
    client.set_password("s3cret")
    async with client:
        assert await reads(client, hall) == 21.5
    who = {"name": "anna", "password": "s3cret"}
    async with secured(hall, ours, tmp_path, **who) as client:
        assert await reads(client, hall) == 21.5


async def test_a_client_is_let_in_by_moving_its_certificate(
    build: Any, ours: Issued, tmp_path: Path
) -> None:
    hall = await build(endpoint={"trust": "list"}, data=True)
    with pytest.raises(CheckFailed):
        async with secured(hall, ours, tmp_path):
            pass
    [rejected] = (hall.folder / "data").rglob("rejected/*.der")
    rejected.rename(rejected.parent.parent / "trusted" / rejected.name)
    async with secured(hall, ours, tmp_path) as client:
        assert await reads(client, hall) == 21.5


async def test_a_certificate_out_of_its_time_is_refused(
    hall: Hall, ours: Issued, tmp_path: Path
) -> None:
    old = issue(URI, ours.key, timedelta(days=-1))
    with pytest.raises(CheckFailed):
        async with secured(hall, old, tmp_path):
            pass


async def test_a_certificate_of_another_application_is_refused(
    build: Any, ours: Issued, tmp_path: Path
) -> None:
    hall = await build(endpoint={"trust": "list"}, data=True)
    other = issue("urn:test:other", ours.key, TEN_YEARS)
    [folder] = (hall.folder / "data").rglob("trusted")
    saved(other, folder, "other")
    with pytest.raises(ua.uaerrors.BadCertificateUriInvalid):
        async with secured(hall, other, tmp_path):
            pass


async def test_users_show_certificates(build: Any, ours: Issued, tmp_path: Path) -> None:
    hall = await build(endpoint={"anonymous": False, "user_certificates": True}, data=True)
    user = issue("urn:test:anna", None, TEN_YEARS)
    certificate, key = saved(user, tmp_path, "user")

    async def connect() -> Client:
        client = hall.client(timeout=5)
        client.application_uri = URI
        await client.set_security(SAFE, *saved(ours, tmp_path, "client"))
        await client.load_client_certificate(str(certificate))
        await client.load_private_key(str(key))
        await client.connect()
        return client

    with pytest.raises(ua.uaerrors.BadIdentityTokenRejected):
        await connect()
    [users] = (hall.folder / "data").rglob("trusted/users")
    saved(user, users, "anna")
    client = await connect()
    assert await reads(client, hall) == 21.5
    await client.disconnect()


async def test_the_servers_certificate_lasts(build: Any, tmp_path: Path) -> None:
    hall = await build(data=True)
    [found, *_] = await hall.client().connect_and_get_server_endpoints()
    await hall.stage.transports["opcua"].stop()
    await hall.stage.transports["opcua"].start()
    [again, *_] = await hall.client().connect_and_get_server_endpoints()
    assert again.ServerCertificate == found.ServerCertificate
    [own] = (hall.folder / "data").rglob("own.der")
    assert own.read_bytes() == found.ServerCertificate


@pytest.mark.parametrize("mode", ["expired", "not-yet-valid", "wrong-host", "untrusted"])
async def test_a_careful_client_refuses_a_spoiled_certificate(
    hall: Hall, ours: Issued, tmp_path: Path, mode: str
) -> None:
    """It checks time and application, and knows the certificate that it trusts."""
    [good, *_] = await hall.client().connect_and_get_server_endpoints()
    options = CertificateValidatorOptions
    check = CertificateValidator(options.TIME_RANGE | options.URI | options.PEER_SERVER)

    async def validate(certificate: Any, application: Any) -> None:
        await check.validate(certificate, application)
        if certificate.public_bytes(serialization.Encoding.DER) != good.ServerCertificate:
            raise ua.uaerrors.BadCertificateUntrusted

    async def connect() -> None:
        client = hall.client(timeout=5)
        client.application_uri, client.certificate_validator = URI, validate
        await client.set_security(SAFE, *saved(ours, tmp_path, "client"))
        async with client:
            await reads(client, hall)

    hall.fault("certificate", mode=mode)
    with pytest.raises(Exception, match=r"(?i)certificate|uri") as refused:
        await connect()
    assert "Bad" in f"{refused.type.__name__} {refused.value}"
    hall.clear()
    await connect()
    named = [one for one in hall.entries(operation="OpenSecureChannel") if one["faults"]]
    assert named
