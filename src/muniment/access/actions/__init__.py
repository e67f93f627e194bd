"""Every way people, their proofs of who they are, and their tokens can change."""

from muniment.access.actions.factors import enrol_factor, remove_factor, reset_factor
from muniment.access.actions.people import (
    change_password,
    change_role,
    create_person,
    deactivate,
    reset_password,
)
from muniment.access.actions.signing import sign_in, sign_out
from muniment.access.actions.tokens import Issued, create_token, revoke_token

__all__ = [
    "Issued",
    "change_password",
    "change_role",
    "create_person",
    "create_token",
    "deactivate",
    "enrol_factor",
    "remove_factor",
    "reset_factor",
    "reset_password",
    "revoke_token",
    "sign_in",
    "sign_out",
]
