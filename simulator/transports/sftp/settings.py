"""What an SFTP endpoint may set in the plant file."""

from __future__ import annotations

from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, field_validator, model_validator

from simulator.core.durations import SECOND, Duration
from simulator.transports._delivery import Delivery

BODY_LIMIT = 64 * 1024 * 1024
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
_SERVER = ("port", "user", "authorized_keys", "uploads", "downloads", "archive", "delivered",
           "wait")  # fmt: skip
_CLIENT = ("key", "known_hosts", "upload", "download", "every", "timeout", "concurrency",
           "ordered", "retry")  # fmt: skip


class Settings(Delivery):
    """A folder on our server, or with `url` an account on the partner's."""

    # --- our server
    port: int = Field(
        0, ge=0, le=65535,
        description="the server's port; endpoints with the same one share a server; 0 is any free "
        "one. Connections can be refused only where an endpoint has a server to itself",
    )  # fmt: skip
    user: str | None = Field(
        None, pattern=NAME,
        description="the name to log in with; by default the endpoint's own, in lower case",
    )  # fmt: skip
    password: str | None = Field(
        None, description="accepted from, or with `url` given to, the partner; ${NAME} is filled in"
    )
    authorized_keys: str | None = Field(
        None, description="public keys that may log in: lines as OpenSSH has them, or their file"
    )
    uploads: str = Field("in", pattern=NAME, description="the folder that the integration fills")
    downloads: str = Field("out", pattern=NAME, description="the folder that it empties")
    temporary: list[str] = Field(
        ["*.tmp", "*.part", "*.filepart", ".*"],
        description="names of files that are not finished: taken once they are renamed",
    )
    archive: int = Field(
        100, ge=0, le=100_000,
        description="how many taken files stay in archive/; 0: they are deleted",
    )  # fmt: skip
    body_limit: int = Field(BODY_LIMIT, ge=1, description="larger files are refused, bytes")
    delivered: Literal["picked_up", "placed"] = Field(
        "picked_up",
        description="when a file counts as delivered: read whole and then deleted or renamed by "
        "the integration, or as soon as it lies there",
    )
    wait: Duration | None = Field(
        None, gt=0,
        description="a file that nobody picked up for so long is taken away again and its message "
        "has failed (wall time); by default it stays",
    )  # fmt: skip

    # --- the partner's server
    url: str | None = Field(
        None,
        description="the partner's server: sftp://user@host:port/folder; ${NAME} is filled in",
    )
    key: str | None = Field(
        None,
        description="the private key to log in with, or its file; by default, without a password, "
        "one of the plant's own, made at first use (id_ed25519.pub beside it is for the partner)",
    )
    known_hosts: str | None = Field(
        None,
        description="the server's keys: lines as in known_hosts, or their file; by default the "
        "key that is seen first is kept and no other accepted",
    )
    upload: str = Field("", description="where to put files, below the folder of the URL")
    download: str | None = Field(
        None, description="where to look for files to take, below the folder of the URL"
    )
    every: Duration = Field(
        10 * SECOND, gt=0, description="how often to look for files to take (wall time)"
    )

    @field_validator("temporary")
    @classmethod
    def _some_names_are_final(cls, value: list[str]) -> list[str]:
        if "*" in value:
            raise ValueError("with '*' no file would ever be finished")
        return value

    @field_validator("url")
    @classmethod
    def _a_server(cls, value: str | None) -> str | None:
        if value is not None and "${" not in value:
            Address.read(value)
        return value

    @model_validator(mode="after")
    def _one_side(self) -> Settings:
        if self.uploads == self.downloads:
            raise ValueError("uploads and downloads are two folders")
        taken = {"archive", "error"} & {self.uploads, self.downloads}
        if taken:
            raise ValueError(f"{taken.pop()!r} is a folder of the server's own")
        foreign = _SERVER if self.url is not None else _CLIENT
        for name in foreign:
            if name in self.model_fields_set:
                side = "with url (the partner's server)" if self.url else "without url (our server)"
                raise ValueError(f"{name!r} means nothing {side}: leave it out")
        return self


class Address:
    """The parts of an `sftp://` URL."""

    def __init__(self, host: str, port: int, user: str, password: str | None, folder: str) -> None:
        self.host, self.port, self.user = host, port, user
        self.password, self.folder = password, folder

    @classmethod
    def read(cls, url: str) -> Address:
        """Take a URL apart. Raises ValueError, saying what is wrong."""
        parts = urlsplit(url)
        if parts.scheme != "sftp" or not parts.hostname:
            raise ValueError(f"{url!r} is no SFTP server: like sftp://user@host:22/folder")
        if not parts.username:
            raise ValueError(f"{url!r} names no user: like sftp://user@host:22/folder")
        password = unquote(parts.password) if parts.password else None
        # as curl has it: /folder is below the folder one logs in to, //folder is absolute
        folder = unquote(parts.path)[1:].rstrip("/")
        return cls(parts.hostname, parts.port or 22, unquote(parts.username), password, folder)
