"""Entries as OCSF 1.8.0 events, one JSON object a line.

Rules: signing in and out is Authentication (3002), other changes of accounts are Account Change (3001), all else is
API Activity (6003); what OCSF has no attribute for stands under ``unmapped.muniment``. The version is pinned, since
1.7 and 1.9 changed the meaning of attributes that are written here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

from muniment.ledger.exports.line import Line, compact, milliseconds

VERSION: Final = "1.8.0"
HEAD: Final = b""

AUTHENTICATION: Final = 3002
ACCOUNT_CHANGE: Final = 3001
API_ACTIVITY: Final = 6003
OTHER: Final = 99

_SIGNING: Final[Mapping[str, int]] = {"access.sign_in": 1, "access.sign_out": 2}
_ACCOUNT: Final[Mapping[str, int]] = {
    "change_password": 3,
    "change_role": 7,
    "create_person": 1,
    "deactivate": 5,
    "enrol_factor": 10,
    "remove_factor": 11,
    "reset_factor": 11,
    "reset_password": 4,
}
_CREATING: Final = frozenset({"add", "add_list", "bring_in", "build", "create", "open", "run", "upload"})
_USER_TYPE: Final[Mapping[str, int]] = {"person": 1, "system": 3, "token": 4}


def line(one: Line) -> bytes:
    """Write one entry as an event, so that a SIEM takes it in without a mapping of its own."""
    return compact(event(one)).encode("ascii") + b"\n"


def event(one: Line) -> dict[str, Any]:
    """Return one entry as an OCSF event."""
    kind, activity = _placed(one)
    held: dict[str, Any] = {
        "activity_id": activity,
        "actor": {"user": _user(one)},
        "category_uid": kind // 1000,
        "class_uid": kind,
        "metadata": _metadata(one),
        "severity_id": 2 if one.refused else 1,
        "src_endpoint": _endpoint(one),
        "status_id": 2 if one.refused else 1,
        "time": milliseconds(one.at),
        "type_uid": kind * 100 + activity,
        "unmapped": {"muniment": _unmapped(one)},
    }
    if activity == OTHER:
        held["activity_name"] = one.action
    if kind == API_ACTIVITY:
        held["api"] = {"operation": one.action}
        held["resources"] = [{"type": one.subject.partition("/")[0], "uid": one.subject}]
    else:
        held["user"] = {"uid": one.person} if one.person else _user(one)
    if kind == AUTHENTICATION:
        held["service"] = {"name": "Muniment"}
        held["is_mfa"] = len(one.factors) > 1
    return held


def _placed(one: Line) -> tuple[int, int]:
    """Return class and activity of an entry."""
    room, _dot, verb = one.action.partition(".")
    if one.action in _SIGNING:
        return AUTHENTICATION, _SIGNING[one.action]
    if room == "access":
        return ACCOUNT_CHANGE, _ACCOUNT.get(verb, OTHER)
    if verb.startswith(("browse", "download", "export", "read", "replay")):
        return API_ACTIVITY, 2
    return API_ACTIVITY, 1 if verb in _CREATING else 3


def _user(one: Line) -> dict[str, Any]:
    return {"type_id": _USER_TYPE.get(one.actor_kind, 0), "uid": one.actor}


def _endpoint(one: Line) -> dict[str, str]:
    """Return where somebody came from: an address, or else the way, such as ``job``."""
    try:
        return {"ip": str(ipaddress.ip_address(one.address))}
    except ValueError:
        return {"name": one.via or "unknown"}


def _metadata(one: Line) -> dict[str, Any]:
    held: dict[str, Any] = {
        "event_code": one.action,
        "log_name": one.log,
        "original_time": one.at,
        "product": {"name": "Muniment", "vendor_name": "Muniment"},
        "sequence": one.index,
        "uid": one.event,
        "version": VERSION,
    }
    if one.cause:
        held["correlation_uid"] = one.cause
    return held


def _unmapped(one: Line) -> dict[str, Any]:
    return {
        "class": one.cls,
        "erased": one.erased,
        "facts": dict(one.facts),
        "factors": list(one.factors),
        "index": one.index,
        "leaf": one.leaf,
        "outcome": one.outcome,
        "role": one.role,
        "subject": one.subject,
        "via": one.via,
        "withheld": list(one.withheld),
    }
