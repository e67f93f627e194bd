"""A small watchlist of invented parties and the queries that ought to find them; nobody here exists."""

from __future__ import annotations

from typing import Any

from muniment.screening.matching import ListVersion


def party(ident: str, schema: str, **properties: list[str]) -> dict[str, Any]:
    return {"id": ident, "schema": schema, "properties": properties}


ENTRIES: tuple[dict[str, Any], ...] = (
    party(
        "inv-1",
        "Person",
        name=["Viktor Morozenko"],
        alias=["Виктор Морозенко", "MOROZENKO, Viktor Ivanovich"],
        weakAlias=["Frost"],
        birthDate=["1968-04-12"],
        nationality=["ru"],
        gender=["male"],
    ),
    party("inv-2", "Person", name=["Yusuf al-Qaradani"], alias=["Youssef Qaradani"], birthDate=["1971"]),
    party(
        "inv-3", "Person", name=["Kim Chol Su"], nationality=["kp"], birthDate=["1959-11-02", "1959-11-03"]
    ),
    party("inv-4", "Organization", name=["Borealis Mineral Trading LLC"], alias=["BMT"], country=["ru"]),
    party("inv-5", "Company", name=["Vostok-Invest JSC"], leiCode=["529900T8BM49AURSDO55"], country=["ru"]),
    party("inv-6", "Company", name=["Orion Shipping & Logistics Ltd"], address=["12 Harbour Road, Limassol"]),
    party(
        "inv-7", "Organization", name=["Committee for the Support of Eastern Orchards"], weakAlias=["CSEO"]
    ),
    party("inv-8", "Person", name=["María Fernanda Ruiz Castaño"], birthDate=["1980-07-19"], country=["co"]),
    party("inv-9", "Vessel", name=["Morning Gull"], imoNumber=["9074729"]),
    party("inv-10", "LegalEntity", name=["Delta Nine Holdings"], idNumber=["HB-77-1234"]),
    party("inv-11", "Person", name=["Ayşe Demirtaş"], passportNumber=["U1234567"], gender=["female"]),
    party("inv-12", "Person", name=["王建国"], alias=["Wang Jianguo"], birthDate=["1963"]),
)

LIST = ListVersion("invented", "2026-01", "ab" * 32, ENTRIES)

QUERIES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "same name and birth date",
        "inv-1",
        party("q", "Person", name=["Viktor Morozenko"], birthDate=["1968-04-12"]),
    ),
    ("one letter wrong", "inv-1", party("q", "Person", name=["Victor Morosenko"])),
    ("an initial", "inv-1", party("q", "Person", name=["V. Morozenko"])),
    ("other birth date", "inv-1", party("q", "Person", name=["Viktor Morozenko"], birthDate=["1991-01-30"])),
    ("weak alias only", "inv-1", party("q", "Person", name=["Frost"])),
    ("turned round", "inv-2", party("q", "Person", name=["Qaradani Yusuf"])),
    (
        "legal form spelled out",
        "inv-4",
        party("q", "Company", name=["Borealis Mineral Trading Limited Liability Company"]),
    ),
    (
        "number only",
        "inv-5",
        party("q", "Company", name=["Entirely Different"], leiCode=["529900T8BM49AURSDO55"]),
    ),
    (
        "and sign",
        "inv-6",
        party("q", "Company", name=["Orion Shipping and Logistics"], address=["12 Harbour Rd, Limassol"]),
    ),
    (
        "accents dropped",
        "inv-8",
        party("q", "Person", name=["Maria Fernanda Ruiz Castano"], nationality=["es"]),
    ),
    ("passport", "inv-11", party("q", "Person", name=["Aise Demirtas"], passportNumber=["U1234567"])),
    ("Latin for Han", "inv-12", party("q", "Person", name=["Jianguo Wang"], birthDate=["1963-05-05"])),
)
