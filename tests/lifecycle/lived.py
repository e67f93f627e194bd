"""Programs that run inside an installation of their own: somebody is erased there as people do it."""

from __future__ import annotations

#: Arguments: tenant, officer, administrator, target. Prints the identifier of the order.
ORDER = """
import sys
import django
django.setup()
from uuid import UUID
from muniment.access.models import Person
from muniment.access.queries import actor_of
from muniment.lifecycle import actions
from muniment.spine.scope import tenant_scope
tenant, officer, administrator, target = map(UUID, sys.argv[1:5])
def somebody(who):
    with tenant_scope(tenant):
        row = Person.objects.get(id=who)
    return actor_of(row, factors=frozenset({"password", "totp"}), address="192.0.2.7", via="page")
WHY = "The person asked for it in writing."
asked = actions.ask_erasure(
    somebody(officer), target=target, basis="gdpr-17-1", asked_for="The person, by letter", reason=WHY
)
print(actions.answer_erasure(somebody(administrator), erasure_id=asked.id, approve=True, reason=WHY).id)
"""

#: Arguments: tenant, order. Carries the order out and settles the ledger; prints the state.
CARRY_OUT = """
import sys
import django
django.setup()
from uuid import UUID
from muniment.ledger import publish
from muniment.lifecycle import executing
print(executing.carry_out(UUID(sys.argv[1]), UUID(sys.argv[2])).state)
publish.settle()
"""

#: Arguments: tenant. Prints everything that can be read in it: every row, every entry, every file.
DUMP = """
import sys
import django
django.setup()
from uuid import UUID
from django.apps import apps
from muniment.ledger.models import Entry, Outbox
from muniment.ledger.openings import opened_event
from muniment.spine.errors import Absent
from muniment.spine.scope import tenant_scope
from muniment.vault import storage
from muniment.vault.models import Blob
tenant = UUID(sys.argv[1])
with tenant_scope(tenant):
    for model in apps.get_models():
        if not hasattr(model, "kept"):
            continue
        for row in model._base_manager.filter(tenant_id=tenant):
            print([str(getattr(row, field.attname)) for field in model._meta.concrete_fields])
    for event in [*Entry.objects.all(), *Outbox.objects.all()]:
        print(opened_event(event).facts)
    for blob in Blob.objects.all():
        try:
            print(storage.read(blob.tenant_id, blob.id, blob.sha256).decode("latin-1"))
        except Absent:
            print("a file that was erased")
"""

#: Arguments: tenant, the file to write. Writes the log's public keys.
KEYS = """
import sys
import django
django.setup()
from pathlib import Path
from uuid import UUID
from muniment.ledger import logs
Path(sys.argv[2]).write_text(logs.of(UUID(sys.argv[1])).vkeys)
"""

#: Arguments: tenant, order, the file to write. Writes the certificate.
CERTIFICATE = """
import sys
import django
django.setup()
from pathlib import Path
from uuid import UUID
from muniment.lifecycle import queries
from muniment.spine.scope import tenant_scope
with tenant_scope(UUID(sys.argv[1])):
    Path(sys.argv[3]).write_bytes(queries.certificate(queries.erasure(UUID(sys.argv[2]))))
"""

#: Arguments: tenant, officer, pack, the file to write. Takes a copy of a proof.
TAKE = """
import sys
import django
django.setup()
from pathlib import Path
from uuid import UUID
from muniment.access.models import Person
from muniment.access.queries import actor_of
from muniment.packs import actions
from muniment.spine.scope import tenant_scope
tenant, officer, pack = map(UUID, sys.argv[1:4])
with tenant_scope(tenant):
    row = Person.objects.get(id=officer)
    actor = actor_of(row, factors=frozenset({"password", "totp"}), address="192.0.2.7", via="page")
    _held, pieces = actions.download(actor, pack_id=pack, given_to="Supervisory authority")
    Path(sys.argv[4]).write_bytes(b"".join(pieces))
"""

#: Arguments: tenant, officer, case. Asks for the proof of a case anew and builds it; prints its identifier.
REISSUE = """
import sys
import django
django.setup()
from uuid import UUID
from muniment.access.models import Person
from muniment.access.queries import actor_of
from muniment.packs import actions, jobs
from muniment.spine.scope import tenant_scope
tenant, officer, case = map(UUID, sys.argv[1:4])
with tenant_scope(tenant):
    row = Person.objects.get(id=officer)
    actor = actor_of(row, factors=frozenset({"password", "totp"}), address="192.0.2.7", via="page")
made = actions.build(actor, case_id=case)
jobs.carry_out(tenant, made.id)
print(made.id)
"""
