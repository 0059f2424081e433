"""One partner's folders on disk, and which paths of a client lead where.

    in/        what the integration uploads: messages to the plant
    out/       what the partner has for the integration
    archive/   what was taken; read only
    error/     what was refused, each with a .error.txt beside it

Errors are OSErrors: their numbers are what a client is told.
"""

from __future__ import annotations

import errno
import fnmatch
import os
import posixpath
from pathlib import Path

from simulator.transports._delivery import NAME_BYTES

FILES = 10_000  # in one folder, whoever filled it


def no(number: int, why: str) -> OSError:
    """An error for the client: EACCES is "permission denied", EIO a plain failure …"""
    return OSError(number, why)


class Folders:
    """The chroot of one partner: four folders without folders in them."""

    def __init__(
        self, root: Path, *, uploads: str, downloads: str, temporary: list[str], archive: int
    ) -> None:
        self.root = root
        self.uploads = root / uploads
        self.downloads = root / downloads
        self.archive = root / "archive"
        self.error = root / "error"
        self._temporary = temporary
        self._archived = archive
        self._staging = root.parent.parent / "placing"  # same disk, out of every client's sight
        for folder in (
            self.uploads, self.downloads, self.archive, self.error, self._staging
        ):  # fmt: skip
            folder.mkdir(parents=True, exist_ok=True)
        self._real = Path(os.path.realpath(root))

    def resolve(self, path: bytes) -> Path:
        """A client's path as a local one. Raises OSError for one that would lead out of the root.

        `..` stops at the root; whatever a link points to is checked as well, though none is made.
        """
        clean = posixpath.normpath(posixpath.join(b"/", path)).lstrip(b"/")
        if b"\x00" in clean:
            raise no(errno.EINVAL, "a NUL in a name")
        local = self.root / os.fsdecode(clean)
        real = Path(os.path.realpath(local))
        if real != self._real and self._real not in real.parents:
            raise no(errno.EACCES, "outside of the partner's folder")
        return local

    def place(self, path: bytes) -> tuple[Path, str]:
        """The folder and the name of a file's path. Raises OSError where no file may be."""
        local = self.resolve(path)
        if local.parent not in (self.uploads, self.downloads, self.archive, self.error):
            raise no(errno.EACCES, "files lie in the partner's folders, not beside or below them")
        if len(os.fsencode(local.name)) > NAME_BYTES:
            raise no(errno.ENAMETOOLONG, f"a name longer than {NAME_BYTES} bytes")
        return local.parent, local.name

    def is_temporary(self, name: str) -> bool:
        """Does this name say that the file is not finished?"""
        return is_temporary(name, self._temporary)

    def has_room(self, folder: Path) -> bool:
        """May one more file lie there?"""
        with os.scandir(folder) as entries:
            return sum(1 for _ in entries) < FILES

    # --- what becomes of an upload ---

    def read(self, path: Path) -> bytes:
        """What is in a file. Raises OSError."""
        return path.read_bytes()

    def delete(self, path: Path) -> None:
        """Away with a file, if it is there."""
        path.unlink(missing_ok=True)

    def take(self, path: Path) -> None:
        """An upload was taken: to the archive, or gone."""
        if not self._archived:
            self.delete(path)
            return
        self._move(path, self.archive)
        _trim(self.archive, self._archived)

    def refuse(self, path: Path, why: str) -> None:
        """An upload was refused: to `error/`, with the reason beside it."""
        target = self._move(path, self.error)
        if target is not None:
            target.with_name(target.name + ".error.txt").write_text(why + "\n")
        _trim(self.error, 2 * max(self._archived, 100))

    def _move(self, path: Path, folder: Path) -> Path | None:
        target = folder / self.unused(folder, path.name)
        try:
            path.replace(target)
        except FileNotFoundError:  # a quick client has deleted it
            return None
        target.touch()  # its age counts from here
        return target

    # --- what is placed for the integration ---

    def unused(self, folder: Path, name: str) -> str:
        """The name, or with -2, -3 … before its suffix where such a file is there."""
        stem, dot, suffix = name.rpartition(".")
        if not stem:
            stem, dot, suffix = name, "", ""
        made, number = name, 1
        while (folder / made).exists():
            number += 1
            made = f"{stem}-{number}{dot}{suffix}"
        return made

    def put(self, name: str, body: bytes) -> None:
        """Place a file for the integration: from one moment to the next it is there, whole."""
        fresh = self._staging / f"{self.root.name}.{name}"
        fresh.write_bytes(body)
        fresh.replace(self.downloads / name)


def is_temporary(name: str, patterns: list[str]) -> bool:
    """Does a file's name say that it is not finished?"""
    return any(fnmatch.fnmatchcase(name, one) for one in patterns)


def _trim(folder: Path, most: int) -> None:
    """Delete the oldest files beyond `most`."""
    with os.scandir(folder) as entries:
        found = [(entry.stat().st_mtime_ns, entry.path) for entry in entries]
    for _, path in sorted(found)[: max(len(found) - most, 0)]:
        os.unlink(path)
