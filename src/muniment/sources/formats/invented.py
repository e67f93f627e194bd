"""A small list of invented parties, for machines that have no real list.

Rules it obeys: nobody on it exists; places, firms and people are made up and each entry says so in its
notes and its identifier. Names stand in several scripts, so that screening has something to do.
"""

from __future__ import annotations

from typing import NamedTuple

from muniment.sources.formats.listed import Entry, ParsedList, finished

EXTRACTOR = "invented/1"
NOTE = "Invented for demonstration. This party does not exist."


class _Person(NamedTuple):
    name: str
    aliases: tuple[str, ...]
    born: str
    nationality: str
    weak: str = ""
    passport: str = ""


class _Firm(NamedTuple):
    schema: str
    name: str
    aliases: tuple[str, ...]
    country: str
    number: str = ""


_PERSONS = (
    _Person(
        "Ondrej Falkenbourne", ("Андрей Фалькенборн", "Andrej Falkenborn"), "1961-03-14", "cz", "The Falconer"
    ),
    _Person("Yusra Al-Qandil", ("يسرى القنديل", "Yousra El Kandil"), "1974-11-02", "jo", "", "ZX0014471"),
    _Person("Teodor Grizmalov", ("Теодор Гризмалов", "Fyodor Grismaloff"), "1958", "bg", "", "ZX0099120"),
    _Person("Mirabel Sotovento", ("Mirabel Soto Vento",), "1983-07-21", "co", "La Brisa"),
    _Person("Kwaku Ofranteh", ("Kweku Ofranti",), "1969-01", "gh"),
    _Person("Liang Baoxuan", ("梁寶軒", "Leung Po Hin"), "1977-05-30", "hk", "", "ZX5520093"),
    _Person("Ingeborg Tarnwald", ("Ingeborg Tärnwald",), "1950-12-09", "se"),
    _Person(
        "Dariush Mehrabian Zand", ("داریوش مهرابیان زند", "Daryoush Mehrabyan"), "1966-08-17", "ir", "Zand"
    ),
    _Person("Petronela Vascu", ("Petronella Vasku",), "1979-02-28", "ro"),
    _Person("Hae-won Dorim", ("도림 해원", "Haewon Torim"), "1988-10-10", "kr"),
    _Person("Aristides Lamprakos", ("Αριστείδης Λαμπράκος", "Aristidis Lambrakos"), "1955-06-06", "gr"),
    _Person("Noor Jahanara Selkirk", ("Noor J. Selkirk",), "1991-04-01", "gb", "", "ZX7310055"),
    _Person("Bohdan Krywulka", ("Богдан Кривулька", "Bogdan Krivulka"), "1972-09-19", "ua"),
    _Person("Eitan Sar-Shalev", ("איתן שר-שלו", "Etan Sar Shalev"), "1963-05", "il"),
    _Person("Chiamaka Udezuora", ("Chiamaka Udezura",), "1985-12-24", "ng", "Sister Amaka"),
)
_FIRMS = (
    _Firm(
        "Company", "Falkenbourne Timber and Freight s.r.o.", ("Falkenborn Timber", "FTF"), "cz", "INV-100231"
    ),
    _Firm(
        "Company",
        "Qandil Gulf Lighting Trading LLC",
        ("القنديل للإنارة", "Kandil Lighting"),
        "ae",
        "INV-100232",
    ),
    _Firm("Company", "Grizmalov Shipping Holding AD", ("Гризмалов Шипинг Холдинг",), "bg", "INV-100233"),
    _Firm("Company", "Sotovento Minerals S.A.S.", ("Minerales Sotovento",), "co", "INV-100234"),
    _Firm(
        "Company",
        "Pearl Lantern Import and Export Company Limited",
        ("明珠燈籠進出口有限公司",),
        "hk",
        "INV-100235",
    ),
    _Firm(
        "Company",
        "Zand Petro Instruments",
        ("شرکت ابزار نفت زند", "Zand Petro Tools Co."),
        "ir",
        "INV-100236",
    ),
    _Firm(
        "Organization",
        "Foundation for the Lighthouse Children",
        ("Lighthouse Children Fund",),
        "gb",
        "INV-100237",
    ),
    _Firm("Organization", "Brotherhood of the Tin Crown", ("Tin Crown", "Orden der Zinnkrone"), "at"),
    _Firm("Company", "Lamprakos Maritime Brokers", ("Λαμπράκος Ναυτιλιακή",), "gr", "INV-100238"),
    _Firm("Company", "Krywulka Elektronik GmbH", ("Krivulka Electronics",), "de", "INV-100239"),
)


def invented() -> ParsedList:
    """Return the invented list: fifteen persons and ten organisations."""
    entries: list[Entry] = []
    for person in _PERSONS:
        entry = _entry(len(entries) + 1, "Person", person.name, person.aliases)
        entry.add("birthDate", person.born)
        entry.add("nationality", person.nationality)
        entry.add("weakAlias", person.weak)
        entry.add("passportNumber", person.passport)
        entries.append(entry)
    for firm in _FIRMS:
        entry = _entry(len(entries) + 1, firm.schema, firm.name, firm.aliases)
        entry.add("country", firm.country)
        entry.add("registrationNumber", firm.number)
        entries.append(entry)
    return finished(
        publisher="Muniment",
        title="Invented list for demonstrations",
        entries=entries,
        counts={"rows": len(_PERSONS) + len(_FIRMS)},
        rejects=[],
        generated=None,
        extractor=EXTRACTOR,
    )


def _entry(place: int, schema: str, name: str, aliases: tuple[str, ...]) -> Entry:
    entry = Entry(f"invented-{place:03d}", schema)
    entry.add("name", name)
    entry.add("alias", *aliases)
    entry.add("topics", "sanction")
    entry.add("program", "INVENTED")
    entry.add("notes", NOTE)
    return entry
