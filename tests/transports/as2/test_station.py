"""What comes to a partner's station: taken once, answered right, refused by name."""

import asyncio
import random
import ssl
import time
from typing import Any

import httpx
import pytest

from simulator.core.errors import CouldNotStart, Mistake, Refusal
from simulator.core.message import Reply
from simulator.transports.as2 import As2Transport, Settings, cmswrite, mdn
from simulator.transports.as2.identity import read_certificates
from simulator.transports.as2.message import Wrapped, Wrapping
from tests.transports.as2.desk import NAME, OPTIONS, ORDER, SIGNED, Integration, as_identity, issued

PLAIN = Wrapping()
TAKEN, AGAIN = "processed", "processed/warning: duplicate-document"


def error(what: str) -> str:
    return f"processed/error: {what}"


# --- taken ---


async def test_a_message_is_taken_and_its_receipt_proves_it(side: Any, open_desk: Any) -> None:
    desk = await open_desk()
    wrapped = desk.wrapped()
    receipt = desk.receipt(await desk.post(wrapped, "<1@gearbox>"))
    assert (receipt.disposition, receipt.signed) == (TAKEN, True)
    assert (receipt.original, receipt.recipient) == ("<1@gearbox>", "BEARCO")
    assert receipt.vouches_for(wrapped.checked)
    assert [one.body for one in side.performed] == [ORDER]
    assert side.performed[0].headers["content-type"] == "application/edi-x12"
    entry = side.journal.get(1)
    assert entry["as2"]["message_id"] == "<1@gearbox>"
    assert entry["keys"]["message_id"] == ["<1@gearbox>"]
    assert entry["as2"]["layers"] == ["encrypted", "signed"]
    assert entry["as2"]["signer"] == "CN=GEARBOX"
    assert entry["as2"]["receipt"] == TAKEN
    assert entry["as2"]["mic"] == f"{receipt.mic}, sha-256"


@pytest.mark.parametrize("micalg", ["sha1", "sha-384", "SHA512"])
async def test_the_mic_is_taken_as_the_sender_asks(open_desk: Any, micalg: str) -> None:
    desk = await open_desk(require=[])
    options = f"{OPTIONS.partition('micalg')[0]}micalg=required, {micalg}"
    receipt = desk.receipt(
        await desk.post(desk.wrapped(how=PLAIN), disposition_notification_options=options)
    )
    assert receipt.algorithm == micalg
    assert receipt.vouches_for(ORDER)


async def test_a_receipt_is_signed_only_when_asked_for(open_desk: Any) -> None:
    desk = await open_desk()
    answer = await desk.post(desk.wrapped(), disposition_notification_options=None)
    assert (answer.status_code, desk.receipt(answer).signed) == (200, False)
    answer = await desk.post(desk.wrapped(), disposition_notification_to=None)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_an_asynchronous_receipt_comes_by_itself(
    side: Any, open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk()
    wrapped = desk.wrapped()
    answer = await desk.post(wrapped, "<1@x>", receipt_delivery_option=integration.url + "/mdn")
    assert (answer.status_code, answer.content) == (200, b"")
    await integration.has(receipts=1)
    receipt = integration.receipts[0]
    assert (receipt.original, receipt.disposition, receipt.signed) == ("<1@x>", TAKEN, True)
    assert receipt.vouches_for(wrapped.checked)
    await desk.transport.settled()
    assert side.journal.get(1)["as2"]["how"] == "async"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/mdn", "mailto:edi@gearbox", "nonsense"])
async def test_a_receipt_that_cannot_be_delivered_is_named(
    side: Any, open_desk: Any, url: str
) -> None:
    desk = await open_desk()
    assert (await desk.post(desk.wrapped(), receipt_delivery_option=url)).status_code == 200
    await desk.transport.settled()
    assert side.journal.get(1)["receipt_error"]


async def test_a_name_with_a_space_is_quoted(open_desk: Any) -> None:
    desk = await open_desk(name="Bearco Works", peer="Gear Box")
    given = {"as2_from": '"Gear Box"', "as2_to": '"Bearco Works"'}
    answer = await desk.post(desk.wrapped(), **given)
    assert desk.receipt(answer).disposition == TAKEN
    assert answer.headers["as2-from"] == '"Bearco Works"'


# --- the same again ---


@pytest.mark.parametrize(("setting", "said"), [("warning", AGAIN), ("processed", TAKEN)])
async def test_a_message_id_is_taken_once(
    side: Any, open_desk: Any, setting: str, said: str
) -> None:
    desk = await open_desk(duplicates=setting)
    assert (await desk.give(message_id="<1@x>")).disposition == TAKEN
    again = await desk.give(message_id="<1@x>")  # encrypted anew: other bytes, the same message
    assert (again.disposition, again.positive) == (said, True)
    assert len(side.performed) == 1
    assert side.outcomes() == ["performed", "replayed"]


async def test_a_message_id_of_another_message_is_an_error(side: Any, open_desk: Any) -> None:
    desk = await open_desk()
    await desk.give(message_id="<1@x>")
    receipt = await desk.give(b"something else", message_id="<1@x>")
    assert receipt.disposition == error("unexpected-processing-error")
    assert "used for another message" in receipt.text
    assert len(side.performed) == 1


async def test_what_was_refused_may_come_again(side: Any, open_desk: Any) -> None:
    desk = await open_desk()
    bad = desk.wrapped(by=as_identity(issued("MALLORY")))
    refused = desk.receipt(await desk.post(bad, "<1@x>"))
    assert refused.disposition == error("authentication-failed")
    assert (await desk.give(message_id="<1@x>")).disposition == TAKEN
    assert len(side.performed) == 1


async def test_as_many_message_ids_are_remembered_as_are_set(side: Any, open_desk: Any) -> None:
    desk = await open_desk(remembers=2)
    for number in (1, 2, 3):
        await desk.give(message_id=f"<{number}@x>")
    assert list(side.memory(NAME)["seen"]) == ["<2@x>", "<3@x>"]


async def test_no_receipt_leaves_before_everything_is_safe(side: Any, open_desk: Any) -> None:
    desk = await open_desk()
    side.durable, gate, waiting = True, asyncio.Event(), asyncio.Event()

    async def secured() -> None:
        waiting.set()
        await gate.wait()

    side.secured = secured
    giving = asyncio.ensure_future(desk.give(message_id="<1@x>"))
    await waiting.wait()
    assert side.memory(NAME)["seen"]  # one write saves what was done, and that it was done
    assert len(side.performed) == 1
    assert not giving.done()
    gate.set()
    assert (await giving).disposition == TAKEN


# --- refused, by name ---


def changed(wrapped: Wrapped) -> Wrapped:
    return Wrapped(wrapped.headers, wrapped.body.replace(b"order", b"0rder"), b"", "")


@pytest.mark.parametrize(
    ("make", "more", "said", "says"),
    [
        (lambda d: d.wrapped(how=Wrapping(sign="sha256")), {}, "insufficient-message-security",
         "not encrypted"),
        (lambda d: d.wrapped(how=Wrapping(encrypt="aes256")), {}, "insufficient-message-security",
         "not signed"),
        (lambda d: d.wrapped(how=PLAIN), {}, "insufficient-message-security", "not signed"),
        (lambda d: d.wrapped(by=as_identity(issued("MALLORY"))), {}, "authentication-failed",
         "not trusted"),
        (lambda d: changed(d.wrapped(how=Wrapping(sign="sha256"))), {}, "integrity-check-failed",
         "not what was signed"),
        (lambda d: Wrapped(d.wrapped().headers, d.wrapped().body[:300], b"", ""), {},
         "decryption-failed", ""),
        (lambda d: Wrapped({"content-type": "application/pkcs7-mime"}, b"garbage", b"", ""), {},
         "unexpected-processing-error", "cannot be read"),
        (lambda d: d.wrapped(), {"as2_from": "STRANGER"}, "unknown-trading-relationship",
         "STRANGER"),
        (lambda d: d.wrapped(), {"as2_to": "OTHER"}, "unknown-trading-relationship", "OTHER"),
    ],
    ids=["not-encrypted", "not-signed", "bare", "stranger", "changed", "cut", "garbage", "from",
         "to"],
)  # fmt: skip
async def test_a_message_that_cannot_be_taken_is_refused_by_name(
    side: Any, open_desk: Any, make: Any, more: dict[str, str], said: str, says: str
) -> None:
    desk = await open_desk()
    wrapped = make(desk)
    receipt = desk.receipt(await desk.post(wrapped, **more))
    assert receipt.disposition == error(said)
    assert says in receipt.text
    assert receipt.signed
    assert side.performed == []
    entry = side.journal.get(1)
    assert entry["outcome"] == "refused"
    assert entry["error"].startswith(error(said))
    # others are not disturbed
    assert (await desk.give()).disposition == TAKEN


async def test_a_sender_that_wants_no_receipt_reads_it_from_the_status(open_desk: Any) -> None:
    desk = await open_desk()
    answer = await desk.post(desk.wrapped(how=PLAIN), disposition_notification_to=None)
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("insufficient-message-security")


async def test_a_receipt_that_nobody_has_is_not_promised(side: Any, open_desk: Any) -> None:
    desk = await open_desk()
    options = "signed-receipt-protocol=required, pgp-signature"
    answer = await desk.post(desk.wrapped(), disposition_notification_options=options)
    assert desk.receipt(answer).disposition == "failed/failure: unsupported format"
    assert side.performed == []


async def test_what_the_system_refuses_is_an_error_of_processing(side: Any, open_desk: Any) -> None:
    desk = await open_desk()

    def refuse(request: Any) -> Any:
        raise Refusal("there is no interchange in it", code="unreadable")

    honest, side.contract.decode = side.contract.decode, refuse
    side.contract.refuse = lambda request, refusal: Reply(422, {}, b'{"detail": "no interchange"}')
    receipt = await desk.give(message_id="<1@x>")
    assert receipt.disposition == error("unexpected-processing-error")
    assert receipt.text == "no interchange"
    side.contract.decode = honest
    assert (await desk.give(message_id="<1@x>")).disposition == TAKEN


@pytest.mark.parametrize(
    ("headers", "body", "says"),
    [
        ({"as2-from": None}, b"x", "as2-from"),
        ({"as2-to": None}, b"x", "as2-to"),
        ({"message-id": None}, b"x", "message-id"),
        ({"message-id": "<" + "x" * 2000 + "@x>"}, b"x", "Message-ID"),
        ({"content-type": "multipart/signed"}, b"x", "boundary"),
        ({"content-type": "application/pkcs7-mime", "content-transfer-encoding": "uuencode"},
         b"x", "not known"),
    ],
)  # fmt: skip
async def test_what_is_no_as2_message_is_a_bad_request(
    side: Any, open_desk: Any, headers: dict[str, str | None], body: bytes, says: str
) -> None:
    desk = await open_desk()
    given = {**desk.headers(desk.wrapped()), **headers}
    clean = {name: value for name, value in given.items() if value is not None}
    answer = await desk.client.post(desk.url, content=body, headers=clean)
    assert answer.status_code in (200, 400)
    text = answer.text if answer.status_code == 400 else desk.receipt(answer).text
    assert says in text
    assert side.performed == []
    assert side.outcomes() == ["refused"]


async def test_a_body_beyond_the_limit_is_not_kept(side: Any, open_desk: Any) -> None:
    desk = await open_desk(body_limit=2000, require=[])
    answer = await desk.post(desk.wrapped(b"x" * 3000, PLAIN))
    assert answer.status_code == 413
    packed = Wrapping(compress="after-signing")
    receipt = desk.receipt(await desk.post(desk.wrapped(b"x" * 30_000, packed)))
    assert receipt.disposition == error("decompression-failed")
    assert side.performed == []


async def test_other_methods_and_the_certificate(side: Any, open_desk: Any) -> None:
    desk = await open_desk()
    refused = await desk.client.get(desk.url)
    assert (refused.status_code, refused.json()["status"], refused.headers["allow"]) == (
        405, 405, "POST",
    )  # fmt: skip
    assert (await desk.client.put(desk.url, content=b"x")).headers["allow"] == "POST"
    found = read_certificates((await desk.client.get(desk.url + "/certificate.pem")).content)
    assert found[0].name == "CN=BEARCO"
    assert len(side.journal) == 0


# --- whose certificate ---


async def test_the_certificate_is_fetched_at_first_need_and_once(
    open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk()
    assert integration.asked == 0
    await asyncio.gather(*(desk.give() for _ in range(3)))
    assert integration.asked == 1


async def test_a_certificate_that_cannot_be_had_is_asked_for_again(
    side: Any, open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk()
    integration.certificate, kept = None, integration.certificate
    answer = await desk.post(desk.wrapped())
    assert answer.status_code == 503
    assert "answers 404" in answer.json()["detail"]
    integration.certificate = kept
    assert (await desk.give()).disposition == TAKEN
    assert side.outcomes() == ["refused", "performed"]


async def test_a_new_key_is_found_behind_the_same_url(
    side: Any, open_desk: Any, integration: Integration
) -> None:
    desk = await open_desk()
    await desk.give()
    integration.certificate = issued("GEARBOX-2").certificate_pem
    by_new = desk.wrapped(by=as_identity(issued("GEARBOX-2")))
    assert desk.receipt(await desk.post(by_new)).disposition == TAKEN
    assert desk.receipt(await desk.post(desk.wrapped())).disposition == error(
        "authentication-failed"
    )
    assert integration.asked == 2  # and not for each message that a stranger sends


async def test_files_of_certificates_and_keys(side: Any, open_desk: Any, tmp_path: Any) -> None:
    new, own = tmp_path / "next.pem", tmp_path / "own.pem"
    new.write_bytes(issued("GEARBOX-2").certificate_pem)
    issued("BEARCO-OWN").save(own, key=True, certificate=True)
    desk = await open_desk(trusts=[str(new)], key=str(own))
    assert desk.theirs.name == "CN=BEARCO-OWN"
    for by in ("GEARBOX", "GEARBOX-2"):  # the old key and the new one, while they roll over
        wrapped = desk.wrapped(by=as_identity(issued(by)))
        assert desk.receipt(await desk.post(wrapped)).disposition == TAKEN


async def test_the_partners_key_is_made_once(side: Any, open_desk: Any) -> None:
    desk = await open_desk(key=None)
    first = desk.theirs.raw
    await desk.transport.stop()
    await desk.transport.start()
    found = await desk.client.get(desk.url + "/certificate.pem")
    assert read_certificates(found.content)[0].raw == first
    file = side.folder("as2") / f"{NAME}.pem"
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"certificate": "nowhere.pem"}, "nowhere.pem cannot be read"),
        ({"certificate": __file__}, "holds no certificate"),
        ({"key": "nowhere.pem"}, "nowhere.pem cannot be read"),
        ({"key": __file__}, "holds no RSA key"),
        ({"url": "${NOWHERE_URL}/as2"}, "nothing is called"),
    ],
)
async def test_mistakes_are_named_at_the_start(
    open_desk: Any, settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(Mistake, match=says):
        await open_desk(**settings)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"url": "http://x/as2", "require": []}, "to encrypt"),
        ({}, "to check signatures"),
        ({"certificate": "x", "url": "ftp://x"}, "no URL to deliver to"),
        ({"certificate": "x", "retry": {"on": ["sometimes"]}}, "sometimes"),
        ({"certificate": "x", "sign": "md5"}, "sign"),
        ({"certificate": "x", "name": 'a"b'}, "name"),
        ({"certificate": "x", "mdn": "sync"}, "mdn"),
        ({"certificate": "x", "tls": True}, "port of its own"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Settings.model_validate({"name": "A", "peer": "B", **settings})


# --- TLS ---


async def test_it_speaks_https_on_a_port_of_its_own(side: Any, integration: Integration) -> None:
    transport = As2Transport(side)
    settings = Settings.model_validate(
        {"name": "BEARCO", "peer": "GEARBOX", "port": 0, "tls": True, "require": []}
    )
    transport.attach(NAME, settings, side.contract, {"in": side.link(NAME, "in")})
    await transport.start()
    try:
        url = transport.urls()[NAME]
        assert url.startswith("https://")
        trust = ssl.create_default_context(cafile=str(side.folder("tls") / "ca.pem"))
        async with httpx.AsyncClient(trust_env=False, verify=trust) as client:
            headers = {
                "as2-from": "GEARBOX", "as2-to": "BEARCO", "message-id": "<1@x>",
                "disposition-notification-to": "x",
            }  # fmt: skip
            answer = await client.post(url, content=ORDER, headers=headers)
        found = mdn.read(dict(answer.headers), answer.content, None, time.time())
        assert found.disposition == TAKEN
    finally:
        await transport.stop()


async def test_a_port_in_use_is_said(side: Any, open_desk: Any, integration: Integration) -> None:
    first = await open_desk()
    side.address = ("127.0.0.1", 8080)
    port = int(first.url.split(":")[2].partition("/")[0])
    other = As2Transport(side)
    settings = Settings.model_validate(
        {"name": "B", "peer": "G", "port": port, "require": [], "encrypt": "none"}
    )
    other.attach("edi.other", settings, side.contract, {"in": side.link("edi.other", "in")})
    with pytest.raises(CouldNotStart):
        await other.start()
    await other.stop()


async def test_a_bomb_disturbs_nobody(side: Any, open_desk: Any) -> None:
    desk = await open_desk(body_limit=1_000_000, require=[])
    bomb = Wrapped(
        {"content-type": "application/pkcs7-mime"}, cmswrite.compress(b"\0" * 30_000_000), b"", ""
    )
    receipts = await asyncio.gather(desk.post(bomb), desk.post(desk.wrapped(how=SIGNED)))
    said = [desk.receipt(one).disposition for one in receipts]
    assert said == [error("decompression-failed"), TAKEN]


async def test_spoiled_messages_are_answered_and_nothing_breaks(
    side: Any, open_desk: Any, caplog: pytest.LogCaptureFixture
) -> None:
    desk = await open_desk(require=[])
    chance = random.Random(7)
    whole = [desk.wrapped(how=how) for how in (SIGNED, PLAIN, Wrapping(sign="sha1"))]
    for number in range(150):
        wrapped = chance.choice(whole)
        body = bytearray(wrapped.body)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(body))
            body[at : at + chance.choice([1, 1, 1, 30])] = chance.randbytes(chance.randint(0, 3))
        if chance.random() < 0.2:
            del body[chance.randrange(len(body)) :]
        headers = desk.headers(wrapped, f"<{number}@fuzz>")
        if chance.random() < 0.3:
            name = chance.choice(list(headers))
            headers[name] = chance.choice(["", "x" * 300, 'a;b="c', "multipart/signed; boundary="])
        answer = await desk.client.post(desk.url, content=bytes(body), headers=headers)
        assert answer.status_code in (200, 400), answer.text
    assert (await desk.give()).disposition == TAKEN
    assert not [one for one in caplog.records if one.exc_info]
