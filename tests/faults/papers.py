"""Files of every kind that the house takes in, with a given word in each of their parts."""

from __future__ import annotations

import io
import json

import docx
from reportlab.pdfgen import canvas


def pdf(word: str) -> bytes:
    """Return a PDF of one page."""
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.setTitle(word)
    page.drawString(72, 700, f"The secret of this page is {word}.")
    page.save()
    return out.getvalue()


def word_file(word: str) -> bytes:
    """Return a docx with the word in its text, its properties and its heading."""
    out = io.BytesIO()
    paper = docx.Document()
    paper.core_properties.author = word
    paper.add_heading(f"About {word}", 1)
    paper.add_paragraph(f"The secret of this paragraph is {word}.")
    paper.save(out)
    return out.getvalue()


def policy(word: str) -> bytes:
    """Return a policy that contradicts the law about a personal data breach."""
    return (
        f"# Incident response of {word}\n\n## Personal data breaches\n\n"
        "The data protection officer notifies a personal data breach to the supervisory authority within 120 hours"
        f" after having become aware of it, as {word} has agreed.\n"
    ).encode()


def papers(sing: object) -> dict[str, bytes]:
    """Return one file of each kind by name; each has a canary in its name and in its contents."""
    made = {}
    for ending, write in {
        "pdf": pdf,
        "docx": word_file,
        "md": policy,
        "txt": lambda word: f"The secret of this line is {word}.\n".encode(),
        "csv": lambda word: f"asset,owner\nregister,{word}\n".encode(),
        "html": lambda word: f"<html><body><p>The secret is {word}.</p></body></html>".encode(),
    }.items():
        name = sing(f"name of a {ending} file")  # type: ignore[operator]  # Canaries.sing
        made[f"{name}.{ending}"] = write(sing(f"contents of a {ending} file"))  # type: ignore[operator]  # as above
    return made


def book(sing: object, listed: str) -> bytes:
    """Return a table of counterparties: a person somebody lists, one with everything, and an organisation."""

    def new(where: str, *, ordinary: bool = False) -> str:
        return str(sing(f"table of counterparties: {where}", ordinary=ordinary))  # type: ignore[operator]  # as above

    rows = [
        "reference,kind,name,aliases,weak_aliases,passport,address,country,given_name,family_name,birth_date,owned_by",
        f"{new('reference', ordinary=True)},person,{listed},{new('alias')},,,,,,,,",
        (
            f"T-2,person,{new('name')},{new('alias')},{new('weak alias')},{new('passport')[-20:]},{new('address')},"
            f"ie,{new('given name')},{new('family name')},1970-02-03,"
        ),
        f"T-3,organisation,{new('organisation', ordinary=True)},,,,,ie,,,,T-2 51%",
        f"T-4,{new('not a kind')},{new('name of a row that is left out')},,,,,,,,,",
    ]
    return "\n".join(rows).encode()


def follow_the_money(sing: object) -> bytes:
    """Return lines of FollowTheMoney with a canary in every property that the import knows of a person."""
    person = {
        "id": "f-1",
        "schema": "Person",
        "properties": {
            name: [sing(f"FollowTheMoney: {name}")]  # type: ignore[operator]  # as above
            for name in (
                "name",
                "alias",
                "weakAlias",
                "firstName",
                "lastName",
                "birthPlace",
                "passportNumber",
                "idNumber",
                "address",
                "notes",
            )
        },
    }
    return json.dumps(person).encode() + b"\n"


def a_list() -> bytes:
    """Return a list of one invented party."""
    entity = {
        "id": "trial-1",
        "schema": "Person",
        "properties": {"name": ["Nobody Atall"], "topics": ["sanction"]},
    }
    return json.dumps(entity).encode() + b"\n"
