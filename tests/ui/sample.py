"""What the gallery pages show: invented people, firms and findings, with real shapes and lengths."""

from __future__ import annotations

import datetime as dt
import hashlib
from functools import cache
from typing import Any

from django import forms

NOW = dt.datetime(2026, 3, 12, 14, 5, tzinfo=dt.UTC)
DIGEST = hashlib.sha256(b"an official text").hexdigest()
LAW = (
    "Financial entities shall submit the initial notification to the relevant competent authority as early "
    "as possible within four hours from the moment of classification of the incident as major, "
    "but no later than 24 hours from the time of detection of the incident, "
    "unless the classification takes place later."
)
POLICY_TEXT = (
    "The head of IT security informs the competent authority of a major incident within five working days "
    "after the incident has been closed and the root cause is known."
)


def spans_of(text: str, *pieces: tuple[str, str]) -> list[tuple[int, int, str]]:
    """Find where pieces stand in a text."""
    return [(text.index(piece), text.index(piece) + len(piece), kind) for piece, kind in pieces]


LAW_SPANS = spans_of(
    LAW,
    ("Financial entities", "who"),
    ("shall submit the initial notification", "must"),
    ("within four hours from the moment of classification", "when"),
    ("no later than 24 hours", "when"),
    ("unless the classification takes place later", "unless"),
)
POLICY_SPANS = spans_of(POLICY_TEXT, ("within five working days", "conflict"))


class Upload(forms.Form):
    """A form with one of each kind of field."""

    title = forms.CharField(help_text="As people in the firm call the document.", max_length=80)
    document = forms.FileField(help_text="pdf, docx, md or txt, 20 MB at most.")
    effective = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), required=False)
    owner = forms.ChoiceField(choices=[("it", "IT security"), ("risk", "Risk"), ("legal", "Legal")])
    basis = forms.ChoiceField(
        choices=[("own", "Our own document"), ("other", "Somebody else’s")],
        widget=forms.RadioSelect,
        initial="own",
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), help_text="An examiner reads this first."
    )
    binding = forms.BooleanField(
        label="It is in force now", required=False, help_text="Leave empty for drafts."
    )


class SignIn(forms.Form):
    """Name and password."""

    email = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))


def frame(state: str = "proven") -> dict[str, Any]:
    """Build the frame as a context processor of the site would."""
    labels = ["Home", "Law", "Scans", "Counterparties", "Cases", "Evidence", "Ledger", "Packs", "Settings"]
    return {
        "tenant_name": "Example Pay Europe S.A.",
        "tenants": [
            {"name": "Example Pay Europe S.A.", "url": "/home", "current": True},
            {"name": "Second Firm GmbH", "url": "/home?2", "current": False},
        ],
        "person_name": "Olga Officer",
        "role": "Compliance officer",
        "now": NOW,
        "home_url": "/home",
        "search_url": "/search",
        "person_menu": [
            {"label": "Your account", "url": "/account", "post": False},
            {"label": "Sign out", "url": "/out", "post": True},
        ],
        "ledger": {
            "size": 4812,
            "checkpoint_at": NOW - dt.timedelta(minutes=3),
            "state": state,
            "sentence": "All 4,812 entries are covered by the signed checkpoint of 14:02. Nothing waits.",
            "url": "/ledger",
        },
        "nav": [
            {
                "label": label,
                "url": f"/{label.lower()}",
                "count": 3 if label == "Cases" else None,
                "current": label == "Scans",
            }
            for label in labels
        ],
    }


def heat_rows() -> list[dict[str, Any]]:
    """Chapters of an act with states that look like a real scan."""
    chapters = [
        ("Chapter II · ICT risk management", range(5, 17)),
        ("Chapter III · Incident management, classification and reporting", range(17, 24)),
        ("Chapter IV · Resilience testing", range(24, 28)),
        ("Chapter V · Third-party risk", range(28, 45)),
        ("Chapter VI · Information sharing", range(45, 46)),
    ]
    codes = ["evidence", "evidence", "no_evidence", "evidence", "cannot_tell", "evidence", "conflict", ""]
    return [
        {
            "label": label,
            "url": "/finding",
            "cells": [
                {
                    "label": str(article),
                    "name": f"Article {article}",
                    "status": codes[(article * 5) % len(codes)] if article != 19 else "conflict",
                    "url": f"/finding?{article}",
                    "current": article == 19,
                }
                for article in articles
            ],
        }
        for label, articles in chapters
    ]


def owners() -> dict[str, Any]:
    """A firm held through another one."""
    return {
        "name": "Nordwind Handels- und Beteiligungsgesellschaft mbH",
        "kind": "organisation",
        "note": "Hamburg · LEI 5299…X7Q2",
        "owners": [
            {
                "name": "Aurora Holding Ltd",
                "kind": "organisation",
                "share": 60,
                "url": "/home",
                "note": "Limassol",
                "owners": [
                    {"name": "Petra Beispiel", "kind": "person", "share": 75, "note": "holds 45 % in all"},
                    {"name": "Nominee unknown", "kind": "person", "share": None},
                ],
            },
            {"name": "Jan Muster", "kind": "person", "share": 33.333, "url": "/home"},
            {"name": "Treasury shares", "kind": "organisation", "share": 6.667},
        ],
    }


@cache
def proof(index: int = 2718, size: int = 4812) -> dict[str, Any]:
    """A true proof in a tree of made-up entries, by the plain recursion of RFC 6962."""
    leaves = [hashlib.sha256(b"\x00%d" % at).digest() for at in range(size)]

    def root(part: list[bytes]) -> bytes:
        if len(part) == 1:
            return part[0]
        half = 1 << ((len(part) - 1).bit_length() - 1)
        return hashlib.sha256(b"\x01" + root(part[:half]) + root(part[half:])).digest()

    def path(at: int, part: list[bytes]) -> list[bytes]:
        if len(part) == 1:
            return []
        half = 1 << ((len(part) - 1).bit_length() - 1)
        if at < half:
            return [*path(at, part[:half]), root(part[half:])]
        return [*path(at - half, part[half:]), root(part[:half])]

    return {
        "index": index,
        "size": size,
        "leaf": leaves[index].hex(),
        "steps": [one.hex() for one in path(index, leaves)],
        "root": root(leaves).hex(),
    }


def context_of(name: str) -> dict[str, Any]:
    """Gather what one gallery page needs."""
    form = (
        Upload(data={"title": "", "reason": "short", "owner": "it", "basis": "own"})
        if name == "gallery"
        else Upload()
    )
    return {
        "frame": frame("attention" if name == "case" else "proven"),
        "now": NOW,
        "digest_value": DIGEST,
        "law": LAW,
        "law_spans": LAW_SPANS,
        "policy": POLICY_TEXT,
        "policy_spans": POLICY_SPANS,
        "form": form,
        "signin": SignIn(),
        "heat": heat_rows(),
        "owners": owners(),
        "proof": proof(),
        "times": [
            NOW - dt.timedelta(hours=2),
            NOW - dt.timedelta(days=1),
            NOW - dt.timedelta(days=6),
            NOW + dt.timedelta(days=3),
            NOW.date() + dt.timedelta(days=1),
            NOW - dt.timedelta(days=200),
        ],
        "bars": [
            {
                "label": "DORA",
                "url": "/finding",
                "parts": [
                    ("evidence", 31, "/finding"),
                    ("cannot_tell", 6),
                    ("no_evidence", 14, "/finding"),
                    ("conflict", 3, "/finding"),
                ],
            },
            {
                "label": "GDPR",
                "url": "/finding",
                "parts": [("evidence", 24), ("no_evidence", 5), ("conflict", 0)],
            },
            {
                "label": "AI Act",
                "url": "/finding",
                "parts": [("evidence", 4), ("cannot_tell", 3), ("no_evidence", 11), ("unanchored", 1)],
            },
        ],
        "weeks": [
            (f"week {at}", value)
            for at, value in enumerate([4, 9, 7, 12, 0, 6, 11, 14, 8, 10, 13, 9], start=1)
        ],
        "level": [("Jan", 14.0), ("", 11.5), ("", 12.0), ("", None), ("", 6.5), ("", 5.0), ("Mar", 4.5)],
        "steps": [
            {
                "label": "Name",
                "left": "Petr Ivanovich Example",
                "right": "Пётр Иванович Пример",
                "points": 0.81,
            },
            {"label": "Birth date", "left": "1961-04-02", "right": "1961", "points": 0.10},
            {"label": "Country", "left": "CY", "right": "RU", "points": -0.14},
            {"label": "Identifier", "left": "", "right": "7710140679", "points": 0.0},
        ],
        "records": [
            {"label": "Name", "left": "Petr Ivanovich Example", "right": "Petr Ivanovich Example"},
            {"label": "Born", "left": "1961-04-02", "right": "1961", "note": "year only"},
            {"label": "Country", "left": "CY", "right": "RU"},
            {"label": "Identifier", "left": "", "right": "7710140679"},
        ],
        "columns": [
            {"label": "Finding"},
            {"label": "State"},
            {"label": "Documents", "number": True},
            {"label": "Due"},
        ],
        "chips": [
            {"label": "All", "url": "?", "count": 61, "current": False},
            {"label": "Conflict found", "url": "?c", "count": 3, "current": True},
            {"label": "No evidence found", "url": "?n", "count": 14, "current": False},
            {"label": "Mine", "url": "?m", "current": False},
        ],
        "checkpoints": [
            {
                "at": NOW - dt.timedelta(hours=70 - at * 5, minutes=at * 7 % 50),
                "size": 900 + at * 260 + (at % 3) * 90,
                "witnesses": at % 2,
                "state": "attention" if at == 9 else "proven",
            }
            for at in range(15)
        ],
        "events": [
            {
                "at": NOW - dt.timedelta(days=2),
                "who": "Anna Analyst",
                "sentence": "Anna Analyst opened case 118 from an alert.",
                "icon": "plus",
                "tone": "information",
            },
            {
                "at": NOW - dt.timedelta(days=1),
                "who": "Anna Analyst",
                "sentence": "Anna Analyst proposed to clear the match.",
                "body": "The listed person was born in 1961 in another country; passport seen and attached.",
                "icon": "pen",
                "tone": "attention",
                "digest": DIGEST,
            },
            {
                "at": NOW - dt.timedelta(minutes=40),
                "who": "Olga Officer",
                "sentence": "Olga Officer decided case 118: cleared.",
                "icon": "check",
                "tone": "proven",
                "url": "/case",
                "digest": DIGEST,
            },
        ],
        "problem": {
            "title": "This cannot be read",
            "what": "The list has 1,204 entries; yesterday it had 18,310.",
            "todo": "Compare it with the publisher’s page, then load it again and confirm the smaller size.",
            "where": "line 1204",
            "request_id": "0f3c2a9e-71d4",
            "status": 422,
        },
    }
