"""Every way the register of tenants can change."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from muniment.ledger import logs
from muniment.ledger.action import Act, action
from muniment.ledger.refusals import constraint
from muniment.spine import ports
from muniment.spine.actor import Actor
from muniment.spine.errors import Clash
from muniment.spine.installation import keyring
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.tenants import rules
from muniment.tenants.models import Tenant

constraint("tenants_tenant.slug", Clash("Another tenant has this short name.", todo="Choose another one."))
constraint("tenants_tenant_slug", Clash("Another tenant has this short name.", todo="Choose another one."))


@action("tenants.create", cls="tenant.change", says="{actor} made the tenant {facts.name}")
def create(act: Act, *, name: str, slug: str) -> Tenant:
    """Enter a tenant in the register.

    It stands in the tenant's own log, as entry 0, so that the log begins with who made it.

    :raises Invalid: for a name or short name that breaks the rules.
    :raises Clash: when the short name is taken.
    """
    tenant: Tenant = Tenant.objects.create(
        id=act.tenant,
        tenant_id=act.tenant,
        name=rules.require_name(name),
        slug=rules.require_slug(slug),
        created_at=act.now,
    )
    act.record(tenant, name=tenant.name, slug=tenant.slug)
    return tenant


def found(actor: Actor, *, name: str, slug: str) -> Tenant:
    """Make a tenant: its key, its log, its entry in the register; in that order, so nothing is written without a key.

    Where the entry cannot be written there is no log either, and no tenant.

    :param actor: somebody who acts for the deployment and may ``tenants.create``.
    """
    if "tenants.create" not in actor.may:
        # The door refuses it and puts that on record, before there is anything to take back.
        return create(actor, name=name, slug=slug)
    rules.require_name(name)
    rules.require_slug(slug)
    tenant: UUID = ports.new_id()
    with tenant_scope(DEPLOYMENT):
        if Tenant.everything.filter(slug=slug).exists():
            raise Clash("Another tenant has this short name.", todo="Choose another one.")
    keyring().create_tenant(tenant)
    inside = Actor(
        id=actor.id,
        kind=actor.kind,
        tenant=tenant,
        may=actor.may,
        via=actor.via,
        address=actor.address,
        factors=actor.factors,
        role=actor.role,
    )
    with transaction.atomic():
        logs.begin(tenant)
        return create(inside, name=name, slug=slug)
