"""SSH keys of the plant's own, made at first use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import asyncssh

from simulator.core.errors import CouldNotStart, Mistake


def own_key(folder: Path, name: str) -> asyncssh.SSHKey:
    """The ed25519 key of this name in a folder; made where there is none.

    Raises CouldNotStart where it cannot be read or written.
    """
    path = folder / name
    try:
        if path.exists():
            return asyncssh.read_private_key(path)
        key = asyncssh.generate_private_key("ssh-ed25519", comment="stagefloor")
        fresh = path.with_suffix(".new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(key.export_private_key())
        path.with_name(path.name + ".pub").write_bytes(key.export_public_key())
        fresh.replace(path)
    except (OSError, asyncssh.KeyImportError) as error:
        raise CouldNotStart(f"the SSH key {path} cannot be used: {error}") from None
    return key


def _text(given: str) -> str:
    """What was given, or what is in the file that it names."""
    if "\n" in given.strip() or given.startswith(("ssh-", "ecdsa-", "sk-", "-----")):
        return given
    try:
        return Path(given).expanduser().read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Mistake(f"{given!r} cannot be read: {error}") from None


def public_keys(endpoint: str, given: str) -> list[asyncssh.SSHKey]:
    """The keys of an authorized_keys text or file. Raises Mistake."""
    found = []
    for line in _text(given).splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        try:
            found.append(asyncssh.import_public_key(line))
        except (asyncssh.KeyImportError, ValueError) as error:
            what = f"{endpoint}: authorized_keys: {line:.40} is no public key: {error}"
            raise Mistake(what, cure="a line as in an .pub file of ssh-keygen") from None
    return found


def private_key(endpoint: str, given: str) -> asyncssh.SSHKey:
    """A private key's text or file. Raises Mistake."""
    try:
        return asyncssh.import_private_key(_text(given))
    except (asyncssh.KeyImportError, ValueError) as error:
        raise Mistake(f"{endpoint}: key: this is no private key: {error}") from None


def known_hosts(endpoint: str, given: str) -> Any:
    """A known_hosts text or file, as asyncssh takes it. Raises Mistake."""
    text = given if " " in given.strip() else _text(given)
    try:
        return asyncssh.import_known_hosts(text)
    except ValueError as error:
        raise Mistake(f"{endpoint}: known_hosts: {error}") from None
