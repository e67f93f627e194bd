"""Which role may do what. The names are the actions' own; nothing here knows a person.

Rules: names are explicit strings and never derived from code; a role that only reads holds no action that changes
anything; who administers people holds no right over the firm's evidence or decisions, and the other way round. What
is not listed is refused.
"""

from __future__ import annotations

from typing import Final

from muniment.spine.errors import Invalid, Refused

READING: Final = frozenset(
    {
        "cases.read",
        "cases.read_queue",
        "counterparties.read",
        "ledger.read",
        "packs.download",
        "packs.read",
        "scans.read",
        "scans.read_finding",
        "screening.read",
        "screening.read_match",
        "screening.replay",
        "vault.browse",
        "vault.download",
        "vault.read",
    }
)

WORKING: Final = READING | {
    "cases.attach",
    "cases.open",
    "cases.propose",
    "cases.withdraw",
    "counterparties.add",
    "counterparties.bring_in",
    "counterparties.change",
    "counterparties.discard",
    "counterparties.offer",
    "ledger.drop_question",
    "ledger.keep_question",
    "packs.build",
    "packs.retry",
    "scans.assess",
    "scans.replay",
    "scans.retry",
    "scans.run",
    "screening.retry",
    "screening.run",
    "vault.upload",
}

#: Asking authorities outside for the time, and saying that the clock is right after it jumped; that takes two people.
CLOCK: Final = frozenset({"ledger.ask_time", "ledger.confirm_clock", "ledger.propose_clock"})

#: Asking for erasures and holds, and confirming what somebody else asked for.
ERASING: Final = frozenset(
    {
        "lifecycle.answer_erasure",
        "lifecycle.ask_erasure",
        "lifecycle.ask_lift",
        "lifecycle.lift_hold",
        "lifecycle.place_hold",
        "lifecycle.read",
    }
)

#: Taking entries of the ledger out of the house; with facts about persons only for who works with those.
EXPORTING: Final = frozenset({"ledger.download", "ledger.export"})

OWN_ACCOUNT: Final = frozenset(
    {
        "access.change_password",
        "access.enrol_factor",
        "access.remove_factor",
        "access.sign_in",
        "access.sign_out",
    }
)

ROLES: Final[dict[str, frozenset[str]]] = {
    "administrator": OWN_ACCOUNT
    | CLOCK
    | ERASING
    | EXPORTING
    | {
        "access.change_role",
        "access.create_person",
        "access.create_token",
        "access.deactivate",
        "access.reset_factor",
        "access.reset_password",
        "access.revoke_token",
        "ledger.accept_damage",
        "ledger.accept_policy",
        "ledger.confirm_key",
        "ledger.drop_question",
        "ledger.keep_question",
        "ledger.propose_damage",
        "ledger.propose_key",
        "ledger.propose_policy",
        "ledger.read",
        "ledger.replace_key",
        "ledger.rotate_key",
    },
    "officer": OWN_ACCOUNT
    | WORKING
    | CLOCK
    | ERASING
    | EXPORTING
    | {"access.create_token", "access.revoke_token", "cases.decide", "ledger.export_personal"},
    "analyst": OWN_ACCOUNT | WORKING | {"access.create_token", "access.revoke_token"},
    "auditor": OWN_ACCOUNT | READING | EXPORTING | {"ledger.export_personal", "lifecycle.read"},
}

#: Roles that must sign in with a second factor.
SECOND_FACTOR: Final = frozenset({"administrator", "officer"})

#: What the operator of the installation may do from the machine itself, in the deployment's or a tenant's name.
OPERATOR: Final = frozenset(
    {
        "access.create_person",
        "access.create_token",
        "access.reset_factor",
        "access.reset_password",
        "ledger.propose_damage",
        "ledger.propose_key",
        "ledger.propose_policy",
        "ledger.prune",
        "ledger.read",
        "ledger.replace_key",
        "ledger.retain",
        "ledger.verify",
        "lifecycle.clean",
        "lifecycle.close",
        "lifecycle.empty",
        "ops.install",
        "sources.add",
        "sources.add_list",
        "tenants.clear",
        "tenants.create",
    }
)

#: What background work may do in a tenant's name.
WORKER: Final = frozenset(
    {
        "ledger.anchor",
        "ledger.begin_push",
        "ledger.set_aside",
        "ledger.note_clock",
        "ledger.note_stamp",
        "ledger.stamp",
        "ledger.prune",
        "ledger.retire_key",
        "ledger.commit_heads",
        "ledger.verify",
        "lifecycle.clean",
        "lifecycle.clear",
        "lifecycle.execute",
        "lifecycle.note_journal",
        "lifecycle.replay",
        "ops.migrate",
        "ops.sweep",
        "ops.work",
        "packs.fail",
        "packs.finish",
        "scans.fail",
        "scans.finish",
        "scans.finish_replay",
        "screening.finish",
    }
)


#: What the site and the command line put on record in the name of whoever they answer, whatever their role.
EDGE: Final = frozenset({"ops.read", "site.read"})


def permissions(role: str) -> frozenset[str]:
    """Return the names of the actions that a role holds.

    :raises Invalid: for an unknown role.
    """
    if role not in ROLES:
        raise Invalid(
            "There is no such role.", todo=f"Choose one of: {', '.join(sorted(ROLES))}.", where="role"
        )
    return ROLES[role]


def require_second_factor(role: str, factors: frozenset[str]) -> None:
    """Refuse somebody whose role asks for a second factor and who has shown only a password."""
    if role in SECOND_FACTOR and not factors & {"totp", "recovery_code", "token"}:
        raise Refused(
            "Your role needs a second factor.",
            todo="Set up an authenticator app, then sign in with its code.",
        )
