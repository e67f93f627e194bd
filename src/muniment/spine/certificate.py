"""Makes a certificate for a server of ours from an authority of its own, for machines without a better one.

Rules: the authority's key is thrown away when it has signed, so that nobody can sign another server with it; nothing
that is there is overwritten; the server's key belongs to its owner alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

#: Browsers refuse a certificate from a private authority that lasts longer.
CERTIFICATE_LASTS: Final = timedelta(days=820)


def certify(folder: Path, names: Iterable[str], now: datetime) -> Path:
    """Write server.pem, server.key and authority.pem for these names and this machine's own ones.

    :returns: the authority's certificate, which callers are told to trust.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    authority = trustme.CA(organization_name="Muniment", organization_unit_name="local certificate authority")
    leaf = authority.issue_cert(
        *dict.fromkeys([*names, "localhost", "127.0.0.1", "::1"]),
        organization_name="Muniment",
        organization_unit_name="this machine",
        not_before=now - timedelta(days=1),
        not_after=now + CERTIFICATE_LASTS,
    )
    # The server takes the key in PKCS #8 only.
    key = load_pem_private_key(leaf.private_key_pem.bytes(), None)
    write_new(
        folder / "server.key",
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        mode=0o600,
    )
    write_new(folder / "server.pem", b"".join(blob.bytes() for blob in leaf.cert_chain_pems), mode=0o644)
    write_new(folder / "authority.pem", authority.cert_pem.bytes(), mode=0o644)
    return folder / "authority.pem"


def write_new(path: Path, raw: bytes, *, mode: int) -> None:
    """Write a file that must not be there yet, down to the disk.

    :raises FileExistsError: when it is.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
