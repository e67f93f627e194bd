"""Every way the register of tenants can change."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from muniment.ledger import logs
from muniment.ledger.action import Act, action
from muniment.ledger.refusals import constraint
from muniment.spine import config, ports
from muniment.spine.actor import Actor
from muniment.spine.errors import Busy, Clash
from muniment.spine.installation import keyring
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.tenants import begun, rules
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


@action(
    "tenants.clear",
    cls="tenant.change",
    says="{actor} takes away the keys of a tenant that was begun and never made",
)
def clear(act: Act, *, tenant: UUID) -> None:
    """Put on record that the keys of a tenant that stands in no register are taken away."""
    act.record(f"tenants.Tenant/{tenant}", stream="tenants")


def clear_unfinished(actor: Actor) -> list[UUID]:
    """Take away the keys of tenants that were begun and never made; returns which.

    Each is put on record before its keys go: without a ledger they stay, and so does their mark for the next time.

    :raises Busy: when the ledger or the key store does not answer.
    """
    cleared = []
    for mark in begun.left_behind(config.current().signing_keys):
        if not _in_register(mark.tenant):
            clear(actor, tenant=mark.tenant)
            _take_back(mark)
            cleared.append(mark.tenant)
        mark.done()
    return cleared


def _in_register(tenant: UUID) -> bool:
    with tenant_scope(DEPLOYMENT):
        return bool(Tenant.everything.filter(id=tenant).exists())


def _take_back(mark: begun.Begun) -> None:
    keyring().destroy(mark.tenant, mark.tenant)
    logs.discard(mark.tag)


def found(actor: Actor, *, name: str, slug: str) -> Tenant:
    """Make a tenant: its key, its log, its entry in the register; in that order, so nothing is written without a key.

    Where the entry cannot be written there is no log either, no tenant, and no key. A mark goes before the first key;
    where this is killed, or cannot know whether the tenant was made, :func:`clear_unfinished` decides by the register.

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
    tag = logs.new_tag()
    asked_for = False
    with begun.marked(config.current().signing_keys, tenant, tag) as mark:
        try:
            keyring().create_tenant(tenant)
            with transaction.atomic():
                logs.begin(tenant, tag)
                made = create(replace(actor, tenant=tenant), name=name, slug=slug)
                asked_for = True
        except BaseException:
            # Whether a commit that failed was kept is not known here, and a key that is gone never comes back.
            if not asked_for:
                with suppress(Busy, OSError):
                    _take_back(mark)
                    mark.done()
            raise
        with suppress(OSError):
            mark.done()
    return made
