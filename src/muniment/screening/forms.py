"""The words in which pages speak of screenings: fields of a record, features of the score, standing of a list.

Names on the left are FollowTheMoney's and the scorer's own; no page shows those. What is not in ``FACTS`` is
not compared by the scorer and stays off the side-by-side view.
"""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

FACTS: Final[dict[str, str | Promise]] = {
    "name": _("Name"),
    "alias": _("Other names"),
    "weakAlias": _("Weak other names"),
    "previousName": _("Former names"),
    "abbreviation": _("Abbreviation"),
    "firstName": _("Given name"),
    "lastName": _("Family name"),
    "birthDate": _("Birth date"),
    "birthPlace": _("Birth place"),
    "gender": _("Gender"),
    "nationality": _("Nationality"),
    "citizenship": _("Citizenship"),
    "country": _("Country"),
    "jurisdiction": _("Jurisdiction"),
    "address": _("Address"),
    "passportNumber": _("Passport number"),
    "idNumber": _("Identity card or other number"),
    "registrationNumber": _("Registration number"),
    "taxNumber": _("Tax number"),
    "vatCode": _("VAT number"),
    "leiCode": _("LEI"),
    "imoNumber": _("IMO number"),
    "innCode": _("Russian tax number (INN)"),
    "ogrnCode": _("Russian register number (OGRN)"),
    "swiftBic": _("BIC"),
    "flag": _("Flag"),
}

COUNTRIES: Final = frozenset({"nationality", "citizenship", "country", "jurisdiction", "flag"})

FEATURES: Final[dict[str, str | Promise]] = {
    "name_match": _("Names compared"),
    "address_entity_match": _("Same address"),
    "crypto_wallet_address": _("Same wallet"),
    "isin_security_match": _("Same ISIN"),
    "lei_code_match": _("Same LEI"),
    "ogrn_code_match": _("Same OGRN"),
    "vessel_imo_mmsi_match": _("Same vessel number"),
    "inn_code_match": _("Same INN"),
    "bic_code_match": _("Same BIC"),
    "uei_code_match": _("Same UEI"),
    "npi_code_match": _("Same NPI"),
    "identifier_match": _("Same number"),
    "weak_alias_match": _("A weak name is hit"),
    "address_prop_match": _("Addresses agree"),
    "country_mismatch": _("Countries differ"),
    "dob_year_disjoint": _("Years of birth differ"),
    "dob_day_disjoint": _("Days of birth differ"),
    "gender_mismatch": _("Genders differ"),
}

STRENGTHS: Final[dict[str, str | Promise]] = {
    "primary": pgettext_lazy("name on a list", "its main name"),
    "alias": pgettext_lazy("name on a list", "another name of it"),
    "weak": pgettext_lazy("name on a list", "a weak name of it"),
    "derived": pgettext_lazy("name on a list", "put together from its names"),
}

LISTED: Final[dict[str, str | Promise]] = {
    "official": _("Official list"),
    "unofficial": _("Unofficial copy"),
    "invented": _("Invented, for show"),
    "consolidated": _("Consolidated list"),
}
