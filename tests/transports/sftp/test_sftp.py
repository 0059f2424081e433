"""The SFTP server over real sockets, with asyncssh's client."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from typing import Any

import asyncssh
import pytest

from simulator.core.errors import CouldNotStart, Mistake, invalid
from simulator.core.link import Hold
from simulator.core.message import Message, Reply, Request
from simulator.core.ports import Call, Fault
from simulator.core.registry import registry
from simulator.transports.sftp import Settings, SftpTransport
from simulator.transports.sftp.folders import Folders

NAME = "edi.bearco"


class Desk:
    """One endpoint, live, and whoever logs in to it."""

    def __init__(self, side: Any, **settings: Any) -> None:
        self.side = side
        self.settings = {"password": "open", **settings}
        self.link_in = side.link(NAME, "in")
        self.link_out = side.link(NAME, "out")
        self.transport = SftpTransport(side)
        self._clients: list[Any] = []
        side.contract.decode = lambda request: Call("receive", None, {})

    async def start(self) -> None:
        settings = Settings.model_validate(self.settings)
        links = {"in": self.link_in, "out": self.link_out}
        self.transport.attach(NAME, settings, self.side.contract, links)
        await self.transport.start()

    @property
    def root(self) -> Any:
        return self.side.folder("sftp") / "partners" / "bearco"

    @property
    def port(self) -> int:
        return int(self.transport.urls()[NAME].rstrip("/").rpartition(":")[2])

    async def connect(self, user: str = "bearco", **given: Any) -> Any:
        options: dict[str, Any] = {"password": "open", "client_keys": None, **given}
        connection = await asyncssh.connect(
            "127.0.0.1", self.port, username=user, known_hosts=None, config=None, **options
        )
        self._clients.append(connection)
        return connection

    async def client(self, **given: Any) -> asyncssh.SFTPClient:
        return await (await self.connect(**given)).start_sftp_client()

    def say(self, body: bytes, name: str = "ASN.edi") -> Message:
        message = Message(NAME, "out", Request("POST", name, "", {}, body))
        message.seq = self.side.journal.append({"kind": "message", "file": name})
        self.link_out.put(message, 0)
        return message

    async def there(self, client: Any, name: str = "out/ASN.edi") -> None:
        async with asyncio.timeout(5):
            while not await client.exists(name):  # noqa: ASYNC110
                await asyncio.sleep(0)

    async def pick_up(self, client: Any, name: str = "out/ASN.edi") -> bytes:
        await self.there(client, name)
        body: bytes = await read(client, name)
        await client.remove(name)
        return body

    async def stop(self) -> None:
        for one in self._clients:
            one.abort()
            await one.wait_closed()
        await self.transport.stop()


async def put(client: Any, name: str, body: bytes) -> None:
    async with client.open(name, "wb") as file:
        await file.write(body)


async def read(client: Any, name: str) -> bytes:
    async with client.open(name, "rb") as file:
        body: bytes = await file.read()
        return body


@pytest.fixture
async def desk(side: Any) -> AsyncIterator[Desk]:
    desk = Desk(side)
    await desk.start()
    yield desk
    await desk.stop()


async def names(client: Any, folder: str) -> list[str]:
    return sorted(name for name in await client.listdir(folder) if name not in (".", ".."))


# --- uploads ---


async def test_an_upload_becomes_a_message_and_goes_to_the_archive(side, desk):
    client = await desk.client()
    await put(client, "in/order.edi", b"ISA")
    assert [(one.method, one.path, one.body) for one in side.performed] == [
        ("SFTP", "order.edi", b"ISA")
    ]
    assert side.performed[0].headers == {"file": "order.edi"}
    assert side.performed[0].peer.startswith("bearco@127.0.0.1:")
    assert side.secures == 1
    assert await names(client, "in") == []
    assert await read(client, "archive/order.edi") == b"ISA"


async def test_nothing_of_a_file_that_is_too_long_is_taken(side):
    desk = Desk(side, body_limit=10)
    await desk.start()
    try:
        client = await desk.client()
        file = await client.open("in/order.edi", "wb")
        await file.write(b"whole")
        with pytest.raises(asyncssh.SFTPError, match="limited to 10 bytes"):
            await file.write(b", and more than that")
        await file.close()
        assert side.performed == []
        assert side.outcomes() == ["too-large"]
        await put(client, "in/order.edi", b"whole")
        assert [one.body for one in side.performed] == [b"whole"]
    finally:
        await desk.stop()


async def test_the_same_name_again_is_a_new_message(side, desk):
    client = await desk.client()
    for body in (b"one", b"two"):
        await put(client, "/in/order.edi", body)
    assert [one.body for one in side.performed] == [b"one", b"two"]
    assert await names(client, "archive") == ["order-2.edi", "order.edi"]


async def test_it_is_safe_on_disk_before_the_client_is_told(side, desk, monkeypatch):
    gate = asyncio.Event()
    monkeypatch.setattr(side, "secured", gate.wait)
    client = await desk.client()
    file = await client.open("in/order.edi", "wb")
    await file.write(b"ISA")
    closing = asyncio.ensure_future(file.close())
    await side.until(lambda: bool(side.performed))
    assert not closing.done()
    assert (desk.root / "in" / "order.edi").exists()
    gate.set()
    await closing
    assert not (desk.root / "in" / "order.edi").exists()


async def test_a_temporary_name_is_taken_once_it_is_renamed(side, desk):
    client = await desk.client()
    for way in (client.rename, client.posix_rename):
        await put(client, "in/order.tmp", b"ISA")
        assert await names(client, "in") == ["order.tmp"]
        before = len(side.performed)
        await way("in/order.tmp", "in/order.edi")
        assert [one.path for one in side.performed[before:]] == ["order.edi"]
    await put(client, "in/.hidden", b"x")
    assert len(side.performed) == 2


async def test_what_was_taken_can_still_be_asked_for_its_size(side, desk):
    client = await desk.client()
    await put(client, "in/order.edi", b"12345")
    assert (await client.stat("in/order.edi")).size == 5
    with pytest.raises(asyncssh.SFTPNoSuchFile):
        await (await desk.client()).stat("in/order.edi")


async def test_an_aborted_upload_stays_and_is_not_taken(side, desk):
    client = await desk.client()
    file = await client.open("in/order.edi", "wb")
    await file.write(b"half")
    client.exit()
    await client.wait_closed()
    connection = await desk.connect()
    second = await connection.start_sftp_client()
    file = await second.open("in/other.edi", "wb")
    await file.write(b"half")
    connection.abort()
    await connection.wait_closed()
    third = await desk.client()
    assert await names(third, "in") == ["order.edi", "other.edi"]
    assert await read(third, "in/order.edi") == b"half"
    assert side.performed == []
    await put(third, "in/order.edi", b"whole")
    assert [one.body for one in side.performed] == [b"whole"]


async def test_a_refused_file_lies_in_error_with_the_reason(side, desk):
    def decode(request: Request) -> Call:
        raise invalid("no interchange in it")

    side.contract.decode = decode
    client = await desk.client()
    await put(client, "in/letter.txt", b"dear")
    assert await names(client, "error") == ["letter.txt", "letter.txt.error.txt"]
    assert b"no interchange in it" in await read(client, "error/letter.txt.error.txt")
    await client.remove("error/letter.txt")


async def test_a_failure_of_the_stand_in_is_not_acknowledged(side, desk, monkeypatch):
    client = await desk.client()
    monkeypatch.setattr(side, "perform", lambda arrival: Reply(500))
    with pytest.raises(asyncssh.SFTPFailure):
        await put(client, "in/order.edi", b"ISA")
    assert await names(client, "in") == ["order.edi"]


async def test_the_archive_is_bounded_and_may_be_off(side):
    desk = Desk(side, archive=2)
    await desk.start()
    client = await desk.client()
    for number in range(4):
        await put(client, f"in/{number}.edi", b"ISA")
    assert len(await names(client, "archive")) == 2
    await desk.stop()
    desk = Desk(side, archive=0)
    await desk.start()
    client = await desk.client()
    before = len(await names(client, "archive"))
    await put(client, "in/gone.edi", b"ISA")
    assert len(await names(client, "archive")) == before
    await desk.stop()


# --- who may do what ---


async def test_a_wrong_password_or_name_or_key_is_refused(side, desk):
    key = asyncssh.generate_private_key("ssh-ed25519")
    for given in (
        {"password": "wrong"},
        {"user": "somebody"},
        {"password": None, "client_keys": [key]},
    ):
        with pytest.raises(asyncssh.PermissionDenied):
            await desk.connect(**given)


async def test_a_key_logs_in_and_no_other(side):
    key, other = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    public = key.export_public_key().decode()
    desk = Desk(side, password=None, authorized_keys=f"# ours\n{public}")
    await desk.start()
    await put(await desk.client(password=None, client_keys=[key]), "in/a.edi", b"ISA")
    assert len(side.performed) == 1
    for given in ({"password": None, "client_keys": [other]}, {"password": ""}):
        with pytest.raises(asyncssh.PermissionDenied):
            await desk.connect(**given)
    await desk.stop()


async def test_there_is_no_shell_and_no_forwarding(desk):
    connection = await desk.connect()
    with pytest.raises(asyncssh.Error):
        await connection.run("id", check=True)
    with pytest.raises(asyncssh.Error):
        await connection.open_connection("127.0.0.1", desk.port)


async def test_nothing_leads_out_of_the_folder(side, desk):
    client = await desk.client()
    secret = side.folder("sftp") / "secret"
    secret.write_text("secret")
    (desk.root / "out" / "sly").symlink_to(secret)
    for path in ("../../secret", "/../../secret", "out/../../../secret", str(secret), "out/sly"):
        with pytest.raises(asyncssh.SFTPError):
            await read(client, path)
    for action in (
        client.symlink("/etc/passwd", "in/passwd"),
        client.symlink("../../secret", "in/passwd"),
        client.link("out/sly", "in/passwd"),
        client.mkdir("in/sub"),
        client.rmdir("out"),
        client.rename("out/sly", "in/x.edi"),
        client.remove("in"),
        put(client, "in/sub/x.edi", b""),
        put(client, "x.edi", b""),
        put(client, "out/x.edi", b""),
        put(client, "archive/x.edi", b""),
        put(client, "in/" + "x" * 300, b""),
        client.stat("out/sly"),
    ):
        with pytest.raises(asyncssh.SFTPError):
            await action
    assert await client.realpath("../..") == "/"
    assert await names(client, "/") == ["archive", "error", "in", "out"]
    assert side.performed == []


@pytest.mark.parametrize(
    "path", [b"..", b"/../..", b"a/../../..", b"in/../../x", b"\xff\xfe", b"in/\x00", b"//etc"]
)
def test_no_path_resolves_outside(tmp_path, path):
    folders = Folders(
        tmp_path / "partners" / "p", uploads="in", downloads="out", temporary=[], archive=1
    )
    try:
        found = folders.resolve(path)
    except OSError:
        return
    assert os.path.commonpath([found, folders.root]) == str(folders.root)


async def test_permissions_and_times_that_clients_set_do_no_harm(side, desk):
    client = await desk.client()
    await put(client, "in/a.tmp", b"ISA")
    await client.chmod("in/a.tmp", 0)
    await client.utime("in/a.tmp", (1, 1))
    assert (await client.stat("in/a.tmp")).mtime == 1
    assert stat.S_IMODE((desk.root / "in" / "a.tmp").stat().st_mode) & 0o600
    await client.rename("in/a.tmp", "in/a.edi")
    await client.utime("in/a.edi", (1, 1))
    assert len(side.performed) == 1


# --- downloads ---


async def test_a_file_is_delivered_when_it_was_picked_up(side, desk):
    client = await desk.client()
    desk.say(b"ISA*1")
    await desk.there(client)
    assert side.outcomes() == ["None"]
    assert await read(client, "out/ASN.edi") == b"ISA*1"
    assert side.outcomes() == ["None"]
    await client.remove("out/ASN.edi")
    assert (await side.entry(outcome="delivered"))["attempts"] == 1
    assert desk.link_out.depth == 0


async def test_renaming_it_is_picking_it_up_too(side, desk):
    client = await desk.client()
    desk.say(b"ISA*1")
    await desk.there(client)
    await read(client, "out/ASN.edi")
    await client.rename("out/ASN.edi", "out/ASN.edi.done")
    await side.entry(outcome="delivered")
    assert await names(client, "out") == ["ASN.edi.done"]


async def test_deleted_unread_is_not_delivered(side, desk):
    client = await desk.client()
    desk.say(b"ISA*1" * 100)
    await desk.there(client)
    async with client.open("out/ASN.edi", "rb") as file:
        await file.read(10)
    await client.remove("out/ASN.edi")
    assert "read whole" in (await side.entry(outcome="failed"))["error"]


async def test_several_lie_there_under_names_of_their_own(side, desk):
    client = await desk.client()
    for body in (b"1", b"2", b"3"):
        desk.say(body)
    await desk.there(client, "out/ASN-3.edi")
    assert await names(client, "out") == ["ASN-2.edi", "ASN-3.edi", "ASN.edi"]
    for number, name in enumerate(("ASN", "ASN-2", "ASN-3"), 1):
        assert await desk.pick_up(client, f"out/{name}.edi") == str(number).encode()
    await side.entry(3, outcome="delivered")


async def test_placed_is_delivered_where_that_is_wanted(side):
    desk = Desk(side, delivered="placed")
    await desk.start()
    desk.say(b"ISA", "../../x/ship notice.edi")
    await side.entry(outcome="delivered")
    client = await desk.client()
    assert await names(client, "out") == ["ship_notice.edi"]
    await desk.stop()


async def test_what_nobody_picks_up_fails_after_its_time(side):
    desk = Desk(side, wait="20ms")
    await desk.start()
    desk.say(b"ISA")
    assert "nobody" in (await side.entry(outcome="failed"))["error"]
    assert os.listdir(desk.root / "out") == []
    await desk.stop()


async def test_what_waits_is_kept_over_a_restart(side, desk):
    client = await desk.client()
    desk.say(b"ISA")
    await desk.there(client)
    await desk.transport.stop()
    assert desk.link_out.depth == 1
    assert side.outcomes() == ["None"]
    await desk.transport.start()
    client = await desk.client()
    assert await desk.pick_up(client) == b"ISA"
    await side.entry(outcome="delivered")
    assert await names(client, "out") == []


async def test_held_messages_do_not_appear(side, desk):
    client = await desk.client()
    desk.link_out.hold = Hold(0)
    desk.say(b"ISA")
    await desk.transport.settled()
    assert await names(client, "out") == []
    desk.link_out.hold = None
    desk.link_out.ready.extend(message for _, message in desk.link_out.queue)
    desk.link_out.queue.clear()
    desk.link_out.changed()
    assert await desk.pick_up(client) == b"ISA"


# --- the server ---


async def test_the_host_key_is_kept(side, desk):
    before = (side.folder("sftp") / "host_ed25519").read_bytes()
    assert stat.S_IMODE((side.folder("sftp") / "host_ed25519").stat().st_mode) == 0o600
    await desk.transport.stop()
    await desk.transport.start()
    assert (side.folder("sftp") / "host_ed25519").read_bytes() == before


async def test_endpoints_share_a_server_unless_their_ports_differ(side):
    transport = SftpTransport(side)
    for name, settings in (("edi.a", {}), ("edi.b", {}), ("edi.c", {"port": 2222})):
        given = Settings.model_validate({"password": "x", **settings})
        transport.attach(name, given, side.contract, {"in": side.link(name, "in")})
    with pytest.raises(Mistake, match="two endpoints"):
        transport.attach("x.a", Settings(password="x"), side.contract, {})
    side.address = ("127.0.0.1", 0)
    await transport.start()
    ports = {name: url.split(":")[-1] for name, url in transport.urls().items()}
    assert ports["edi.a"] == ports["edi.b"] != ports["edi.c"]
    outage = registry("faults", Fault).get("outage")
    refuse = outage.model_validate({"mode": "refuse"})
    assert "port of its own" in (transport.cannot("edi.a", "in", refuse) or "")
    assert transport.cannot("edi.a", "out", refuse) is None
    assert transport.cannot("edi.c", "in", refuse) is None
    await transport.stop()


def test_settings_that_cannot_work_are_refused(side):
    for wrong in (
        {"url": "http://x"}, {"url": "sftp://host/x"}, {"uploads": "a", "downloads": "a"},
        {"uploads": "archive"}, {"temporary": ["*"]}, {"every": "1s"}, {"user": "../x"},
        {"url": "sftp://u@h/", "port": 22},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"."):
            Settings.model_validate(wrong)
    with pytest.raises(Mistake, match="nobody could log in"):
        SftpTransport(side).attach(NAME, Settings(), side.contract, {})


async def test_a_port_in_use_is_named(side):
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    desk = Desk(side, port=port)
    with pytest.raises(CouldNotStart, match=str(port)):
        await desk.start()
    server.close()
