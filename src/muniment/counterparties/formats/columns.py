"""What the columns of a table may mean: the fields, the guesses, and the checks of a mapping.

Rules obeyed here: a guess never maps two columns to a field that takes one; a mapping that does not fit the
file is refused before a row is read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from muniment.spine.errors import Invalid

NUMBERS = ("lei", "imo", "passport", "registration", "tax", "vat", "bic")

FIELDS = (
    "reference",
    "kind",
    "name",
    "given_name",
    "family_name",
    "aliases",
    "weak_aliases",
    "birth_date",
    "gender",
    "country",
    *NUMBERS,
    "address",
    "owner_of",
    "owned_by",
)
"""Everything a column may be mapped to."""

REPEATABLE = frozenset(
    {"aliases", "weak_aliases", "birth_date", "country", "address", "owner_of", "owned_by"}
)
NAMING = frozenset({"reference", "name", "given_name", "family_name", "aliases", "weak_aliases"})

_WORDS: Mapping[str, str] = {
    "reference": "ref id key customerid clientid externalid partyid counterpartyid customernumber",
    "kind": "type partytype entitytype customertype",
    "name": "fullname legalname companyname customername counterparty counterpartyname partyname",
    "given_name": "firstname forename givennames",
    "family_name": "lastname surname",
    "aliases": "alias aka alsoknownas othernames tradingname formername formernames",
    "weak_aliases": "weakalias nickname",
    "birth_date": "birthdate birthdates dob dateofbirth birthday",
    "gender": "sex",
    "country": "countries nationality nationalities jurisdiction citizenship nationalitycountry",
    "lei": "leicode",
    "imo": "imonumber",
    "passport": "passportnumber passportno",
    "registration": "registrationnumber registrationno companynumber regno",
    "tax": "taxid taxnumber",
    "vat": "vatnumber",
    "bic": "swift swiftbic",
    "address": "addresses fulladdress street",
    "owner_of": "owns",
    "owned_by": "owner owners parent shareholders ubo",
}
_GUESSES = {word: field for field in FIELDS for word in (field.replace("_", ""), *_WORDS[field].split())}


def suggest_mapping(header: Collection[str]) -> dict[str, str]:
    """Guess which column holds what, so that a person has only to confirm.

    :returns: column name to field; columns nobody knows, and second columns for a single field, are left out.
    """
    mapping: dict[str, str] = {}
    for column in header:
        guess = _GUESSES.get(re.sub(r"[^a-z]", "", column.casefold()))
        if guess and (guess in REPEATABLE or guess not in mapping.values()):
            mapping[column] = guess
    return mapping


def check_mapping(mapping: Mapping[str, str], header: Collection[str]) -> None:
    """Refuse a mapping that does not fit the file, before any row is read with it.

    :raises Invalid: naming the column or field that does not fit.
    """
    for column, target in mapping.items():
        if column not in header:
            raise Invalid("The mapping names a column that the file does not have.", where=column[:80])
        if target not in FIELDS:
            raise Invalid("The mapping names a field that does not exist.", where=target[:80])
    targets = list(mapping.values())
    for target in FIELDS:
        if target not in REPEATABLE and targets.count(target) > 1:
            raise Invalid("Two columns are mapped to the same field.", where=target)
    if "reference" not in targets:
        raise Invalid("No column is mapped to the reference.", todo="Map the column that identifies a row.")
    if "name" not in targets and "family_name" not in targets:
        raise Invalid("No column is mapped to a name.", todo="Map the column with the name.")
