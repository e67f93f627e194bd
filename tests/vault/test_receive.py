"""Taking in a document: what stays, what is refused, what a flipped byte does."""

from __future__ import annotations

from datetime import date

import pytest

from muniment.ledger import verify
from muniment.spine.errors import Absent, Clash, Invalid, Refused
from muniment.spine.scope import tenant_scope
from muniment.vault import actions, storage
from muniment.vault.models import Blob, DocumentVersion

POLICY = b"# Incident response\n\nWe notify the authority within 96 hours.\n"


def test_a_document_comes_in_and_its_text_leads_back_to_it(db, ada):
    version = actions.receive(
        ada, [POLICY], name="incident.md", title="Incident response", effective=date(2026, 3, 1)
    )

    shown, text = actions.read(ada, version_id=version.id)
    assert shown.document.title == "Incident response"
    assert text.text[text.text.index("within") :].startswith("within 96 hours")
    assert b"96 hours" not in storage.path_of(version.blob_id).read_bytes()
    assert b"".join(actions.download(ada, version_id=version.id)[1]) == POLICY


def test_a_second_file_becomes_the_next_version_and_the_same_file_is_refused(db, ada):
    first = actions.receive(ada, [POLICY], name="incident.md")
    second = actions.receive(ada, [POLICY + b"More."], name="incident.md", document_id=first.document_id)

    assert (first.number, second.number) == (1, 2)
    with pytest.raises(Clash, match="same file as version 2"):
        actions.receive(ada, [POLICY + b"More."], name="incident.md", document_id=first.document_id)


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("empty.md", b""),
        ("picture.png", b"x"),
        ("../up.md", POLICY),
        ("not.pdf", POLICY),
        ("half.docx", b"PK\x03\x04half"),
        ("nul.txt", b"a\x00b"),
        ("wrong.txt", b"\xff\xfe\xff"),
    ],
)
def test_what_cannot_be_read_is_refused_whole(db, ada, name, contents):
    before = set(storage.path_of(ada.tenant).parent.parent.glob("*/*"))

    with pytest.raises(Invalid):
        actions.receive(ada, [contents], name=name)

    with tenant_scope(ada.tenant):
        assert not DocumentVersion.objects.exists()
    assert set(storage.path_of(ada.tenant).parent.parent.glob("*/*")) == before


def test_an_auditor_may_not_file_documents_and_nothing_stays(db, vera):
    with pytest.raises(Refused):
        actions.receive(vera, [POLICY], name="incident.md")
    with tenant_scope(vera.tenant):
        assert not Blob.objects.exists()


def test_another_tenants_document_is_not_there(db, ada, mallory):
    version = actions.receive(ada, [POLICY], name="incident.md")

    with pytest.raises(Absent):
        actions.read(mallory, version_id=version.id)
    with pytest.raises(Absent):
        actions.receive(mallory, [POLICY], name="incident.md", document_id=version.document_id)


def test_a_flipped_byte_is_found_on_reading_and_named_by_the_deep_check(db, ada):
    version = actions.receive(ada, [POLICY], name="incident.md")
    path = storage.path_of(version.blob_id)
    raw = bytearray(path.read_bytes())
    raw[-3] ^= 1
    path.write_bytes(raw)

    with pytest.raises(storage.Damaged):
        actions.download(ada, version_id=version.id)
    faults = verify.verify_log(ada.tenant, deep=True).faults
    assert any(str(version.blob_id) in fault for fault in faults)


def test_titles_and_names_are_sealed_in_the_table(db, ada):
    version = actions.receive(ada, [POLICY], name="canary-name.md", title="canary-title")

    with tenant_scope(ada.tenant):
        raw = DocumentVersion.objects.filter(id=version.id).values_list("name", flat=True).get()
    assert b"canary" not in raw.blob
