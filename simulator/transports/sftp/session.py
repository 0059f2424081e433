"""What a logged-in client may do, operation by operation (asyncssh's SFTPServer)."""

from __future__ import annotations

import contextlib
import errno
import os
import posixpath
import socket
import struct
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import asyncssh
from asyncssh.constants import FILEXFER_TYPE_REGULAR

from simulator.transports.sftp.folders import Folders, no
from simulator.transports.sftp.inbox import HALF, Inbox, Upload
from simulator.transports.sftp.outbox import Outbox

_WRITING = asyncssh.FXF_WRITE | asyncssh.FXF_APPEND | asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC
_REMEMBERED = 100  # taken files of which a session may still ask the size


@dataclass(eq=False)
class Account:
    """One partner's login and what is behind it."""

    endpoint: str
    user: str
    folders: Folders
    inbox: Inbox | None
    outbox: Outbox | None
    body_limit: int
    password: str | None = None
    keys: list[asyncssh.SSHKey] = field(default_factory=list)


@dataclass(eq=False)
class _Open:
    """An open file."""

    file: IO[bytes]
    path: Path
    upload: Upload | None = None  # open for writing
    reads: list[tuple[int, int]] = field(default_factory=list)  # from, to; merged as they come

    def read_whole(self) -> bool:
        """Was every byte of it read?"""
        at = 0
        for begin, end in sorted(self.reads):
            if begin > at:
                return False
            at = max(at, end)
        return at >= os.fstat(self.file.fileno()).st_size


class Session(asyncssh.SFTPServer):
    """One SFTP session of a partner's account; all paths are below its root."""

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes], account: Account) -> None:
        super().__init__(chan, chroot=os.fsencode(account.folders.root))
        self._account = account
        self._folders = account.folders
        self._taken: dict[Path, asyncssh.SFTPAttrs] = {}
        host, port = (chan.get_extra_info("peername") or ("", 0))[:2]
        self.peer = f"{account.user}@{host}:{port}"

    # --- the caller, for faults ---

    def reset(self) -> None:
        """End the connection by a TCP reset."""
        sock = self.connection.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.abort()

    def close_connection(self) -> None:
        """End the connection in good order."""
        self.connection.abort()

    async def gone(self) -> None:
        """Return once the connection has ended."""
        await self.connection.wait_closed()

    # --- paths ---

    def map_path(self, path: bytes) -> bytes:
        return os.fsencode(self._folders.resolve(path))

    def realpath(self, path: bytes) -> bytes:
        self._folders.resolve(path)
        return posixpath.normpath(posixpath.join(b"/", path))

    # --- files ---

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        local, name = self._folders.place(path)
        folder = local
        local = folder / name
        if local.is_dir():
            raise no(errno.EISDIR, "this is a folder")
        if not pflags & _WRITING:
            if folder == self._folders.downloads and self._account.outbox is not None:
                self._account.outbox.open(name)
            return _Open(local.open("rb"), local)
        if folder != self._folders.uploads or self._account.inbox is None:
            raise no(errno.EACCES, "only uploads may be written")
        if not local.exists() and not self._folders.has_room(folder):
            raise no(errno.ENOSPC, "too many files")
        upload = self._account.inbox.opening(name, _Caller(self))
        attrs.permissions = 0o600
        try:
            file: Any = super().open(path, pflags, attrs)
        except OSError:
            self._account.inbox.aborted(upload)
            raise
        self._taken.pop(local, None)
        return _Open(file, local, upload)

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        assert isinstance(file_obj, _Open)
        file_obj.file.seek(offset)
        data = file_obj.file.read(size)
        reads = file_obj.reads
        if reads and reads[-1][1] == offset:
            reads[-1] = (reads[-1][0], offset + len(data))
        else:
            reads.append((offset, offset + len(data)))
        return data

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        assert isinstance(file_obj, _Open)
        inbox = self._account.inbox
        assert inbox is not None
        upload = file_obj.upload
        if upload is None:
            raise no(errno.EBADF, "not open for writing")
        end = offset + len(data)
        if upload.limit == HALF:
            upload.limit = offset + len(data) // 2
        if upload.limit is not None and end > upload.limit:
            file_obj.file.seek(offset)
            file_obj.file.write(data[: max(upload.limit - offset, 0)])
            raise inbox.full(upload)
        if end > self._account.body_limit:
            raise inbox.too_large(upload, self._account.body_limit, _Caller(self))
        file_obj.file.seek(offset)  # a file opened to append writes at its end all the same
        return file_obj.file.write(data)

    async def close(self, file_obj: object) -> None:
        """Close a file; a complete upload is taken, and only then is the client told so."""
        assert isinstance(file_obj, _Open)
        # asyncssh closes the same way what a client that went away has left open
        asked = sys._getframe(1).f_code.co_name == "_process_close"
        upload, path = file_obj.upload, file_obj.path
        if upload is None:
            outbox = self._account.outbox
            ours = path.parent == self._folders.downloads
            if outbox is not None and ours and file_obj.read_whole():
                outbox.was_read(path.name)
            file_obj.file.close()
            return
        attrs = asyncssh.SFTPAttrs.from_local(os.fstat(file_obj.file.fileno()))
        file_obj.file.close()
        inbox = self._account.inbox
        assert inbox is not None
        spoilt = upload.refused or (upload.limit is not None and upload.arrival is None)
        if not asked or spoilt:
            inbox.aborted(upload)
        elif self._folders.is_temporary(path.name):
            inbox.set_aside(upload)
        else:
            await inbox.take(path, _Caller(self), upload)
            self._remember(path, attrs)

    def remove(self, path: bytes) -> Any:
        folder, name = self._folders.place(path)
        if folder == self._folders.archive:
            raise no(errno.EACCES, "the archive is read only")
        (folder / name).unlink()
        if folder == self._folders.downloads and self._account.outbox is not None:
            return self._account.outbox.removed(name)
        self._taken.pop(folder / name, None)
        return None

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        await self._rename(oldpath, newpath, over=False)

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        await self._rename(oldpath, newpath, over=True)

    async def _rename(self, oldpath: bytes, newpath: bytes, *, over: bool) -> None:
        folder, old = self._folders.place(oldpath)
        target, new = self._folders.place(newpath)
        if folder != target or folder not in (self._folders.uploads, self._folders.downloads):
            raise no(errno.EACCES, "files may be renamed within their folder")
        source, final = folder / old, folder / new
        if not source.is_file():
            raise no(errno.ENOENT, "no such file")
        if final.exists() and not over:
            raise no(errno.EEXIST, "file already exists")
        attrs = asyncssh.SFTPAttrs.from_local(source.stat())
        source.replace(final)
        if folder == self._folders.downloads:
            if self._account.outbox is not None and old != new:
                await self._account.outbox.removed(old)
        elif self._account.inbox is not None and not self._folders.is_temporary(new):
            await self._account.inbox.take(final, _Caller(self), was=old)
            self._remember(final, attrs)

    def _remember(self, path: Path, attrs: asyncssh.SFTPAttrs) -> None:
        """Many clients ask for the size of what they uploaded: it is told, once it is taken too."""
        attrs.type = FILEXFER_TYPE_REGULAR
        self._taken[path] = attrs
        if len(self._taken) > _REMEMBERED:
            self._taken.pop(next(iter(self._taken)))

    # --- attributes and folders ---

    def stat(self, path: bytes) -> Any:
        local = self._folders.resolve(path)
        try:
            return local.stat()
        except FileNotFoundError:
            if local in self._taken:
                return self._taken[local]
            raise

    def lstat(self, path: bytes) -> Any:
        return self.stat(path)

    def fstat(self, file_obj: object) -> Any:
        assert isinstance(file_obj, _Open)
        return os.fstat(file_obj.file.fileno())

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        local = self._folders.resolve(path)
        if local not in self._taken:
            self._times(local, attrs)

    def lsetstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        self.setstat(path, attrs)

    def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        assert isinstance(file_obj, _Open)
        if attrs.size is not None and file_obj.upload is not None:
            os.ftruncate(file_obj.file.fileno(), min(attrs.size, self._account.body_limit))
        self._times(file_obj.path, attrs)

    def _times(self, local: Path, attrs: asyncssh.SFTPAttrs) -> None:
        """Times may be set on uploads. Owners and permissions are taken note of, no more."""
        if attrs.mtime is not None and local.parent == self._folders.uploads:
            atime = attrs.mtime if attrs.atime is None else attrs.atime
            os.utime(local, (atime, attrs.mtime))

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        local = self._folders.resolve(path)
        inbox = self._account.inbox
        if local == self._folders.uploads and inbox is not None and inbox.listing_denied:
            raise no(errno.EACCES, "permission denied")
        async for name in super().scandir(path):
            yield name

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        if self._folders.resolve(path).is_dir():
            raise no(errno.EEXIST, "there is such a folder")
        raise no(errno.EACCES, "the folders are given")

    def rmdir(self, path: bytes) -> None:
        raise no(errno.EACCES, "the folders are given")

    def readlink(self, path: bytes) -> bytes:
        raise no(errno.EINVAL, "there are no links here")

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        raise no(errno.EACCES, "links are not made here")

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        raise no(errno.EACCES, "links are not made here")

    def fstatvfs(self, file_obj: object) -> Any:
        assert isinstance(file_obj, _Open)
        return os.fstatvfs(file_obj.file.fileno())

    def fsync(self, file_obj: object) -> None:
        assert isinstance(file_obj, _Open)
        os.fsync(file_obj.file.fileno())


class _Caller:
    """A session as the inbox sees it (`inbox.Caller`)."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.peer = session.peer

    def reset(self) -> None:
        """End the connection by a TCP reset."""
        self._session.reset()

    def close(self) -> None:
        """End the connection in good order."""
        self._session.close_connection()

    async def gone(self) -> None:
        """Return once the connection has ended."""
        await self._session.gone()
