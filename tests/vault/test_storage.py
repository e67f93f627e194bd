"""Encrypted files: what is missing, changed or erased is never handed out."""

from __future__ import annotations

import pytest

from muniment.spine.errors import Absent, Invalid
from muniment.spine.installation import keyring
from muniment.vault import storage

PIECES = [b"within ", b"96 hours"]


@pytest.fixture
def kept(db, ada):
    return storage.store(ada.tenant, PIECES)


def test_what_is_stored_comes_back_whole_or_piece_by_piece(ada, kept):
    assert storage.read(ada.tenant, kept.id, kept.sha256) == b"within 96 hours"
    assert b"".join(storage.stream(ada.tenant, kept.id, kept.sha256, kept.size)) == b"within 96 hours"
    assert len(storage.key_of(ada.tenant, kept.id)) == 32


def test_a_file_is_not_read_under_another_digest_or_size(ada, kept):
    with pytest.raises(storage.Damaged) as damaged:
        storage.read(ada.tenant, kept.id, "0" * 64)
    assert str(kept.id) in damaged.value.fault
    assert str(kept.id) not in str(damaged.value)
    for digest, size in ((kept.sha256, kept.size + 1), ("0" * 64, kept.size)):
        with pytest.raises(storage.Damaged, match="missing or was changed"):
            storage.stream(ada.tenant, kept.id, digest, size)


def test_a_file_that_is_gone_from_the_disk_is_damaged(ada, kept):
    storage.path_of(kept.id).unlink()
    with pytest.raises(storage.Damaged, match="missing"):
        storage.read(ada.tenant, kept.id, kept.sha256)


def test_a_file_of_another_tenant_does_not_open(ada, mallory, kept):
    with pytest.raises(Absent):
        storage.read(mallory.tenant, kept.id, kept.sha256)


def test_an_erased_file_is_absent_though_its_bytes_are_there(ada, kept):
    keyring().destroy(ada.tenant, kept.id)
    assert storage.path_of(kept.id).exists()
    with pytest.raises(Absent, match="erased"):
        storage.read(ada.tenant, kept.id, kept.sha256)
    with pytest.raises(Absent, match="erased"):
        storage.key_of(ada.tenant, kept.id)


@pytest.mark.parametrize(("pieces", "said"), [([], "empty"), ([b"x" * 9], "larger than 0 MiB")])
def test_what_is_refused_leaves_no_file(db, ada, pieces, said):
    folder = storage.path_of(ada.tenant).parent.parent
    before = set(folder.rglob("*.*"))
    with pytest.raises(Invalid, match=said):
        storage.store(ada.tenant, pieces, most=8)
    assert set(folder.rglob("*.*")) == before


def test_a_discarded_file_leaves_neither_bytes_nor_key(ada, kept):
    storage.discard(ada.tenant, kept.id)
    assert not storage.path_of(kept.id).exists()
    with pytest.raises(Absent):
        storage.key_of(ada.tenant, kept.id)
