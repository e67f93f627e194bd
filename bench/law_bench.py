"""The twelve acts parsed and stored, and three of them held against twenty documents."""

from __future__ import annotations

import re
import shutil

from bench import yardstick

SCANNED = ("32022R2554", "32016R0679", "32024R1689")
DOCUMENTS = 20


def main() -> None:
    """Measure with the real acts; without them there is nothing to measure and the table says so."""
    folder = yardstick.shared()
    if folder is None:
        yardstick.say({"missing": "real data not found: set MUNIMENT_SHARED"})
        return
    home = yardstick.installation()
    from muniment.access.rules import OPERATOR, permissions
    from muniment.ops.demo.firm import documents
    from muniment.scans import actions as scans
    from muniment.scans import jobs
    from muniment.sources import actions as sources
    from muniment.sources import queries
    from muniment.sources.formats import eurlex_corpus, oj_xhtml
    from muniment.spine.actor import Actor, ActorKind, system
    from muniment.spine.scope import tenant_scope
    from muniment.tenants import actions as tenants
    from muniment.vault import actions as vault
    from muniment.vault.extraction.child import Extractor

    operator = system("operator", may=OPERATOR, via="cli")
    tenant = tenants.found(operator, name="Bench", slug="bench")
    ada = Actor("ada", ActorKind.PERSON, tenant.id, permissions("analyst"), via="cli")
    chosen = [
        one
        for one in eurlex_corpus.selected(folder / "regulatory" / "eu-lex-corpus")
        if one.format == eurlex_corpus.OJ_XHTML
    ]

    def take_in() -> None:
        for one in chosen:
            data = one.read()
            sources.take_in(
                operator,
                [sources.File("en.xml", data)],
                oj_xhtml.parse(data, celex=one.celex),
                sources.Origin(one.celex, one.version, one.publisher, str(one.authenticity)),
            )

    taking, _ = yardstick.timed(take_in)
    files = documents()
    with Extractor() as extractor:
        for number in range(DOCUMENTS):
            file = files[number % len(files)]
            data = file.data
            name = file.name
            if number >= len(files):
                # The rest are plain texts of the same kind with other words, so that no two files are the same.
                words = f"# Branch {number}\n\nThis branch follows the group's policy {number}.\n"
                data, name = words.encode() * 200, f"branch-{number}.md"
            vault.receive(ada, [data], name=re.sub(r".*/", "", name), extractor=extractor)
    with tenant_scope(tenant.id):
        acts = [one.id for one in queries.newest("act") if one.key in SCANNED]
    asked = scans.run(ada, snapshots=acts)
    scanning, done = yardstick.timed(lambda: jobs.carry_out(tenant.id, asked.id))
    yardstick.say(
        {
            "acts": len(chosen),
            "acts_seconds": taking,
            "scan_seconds": scanning,
            "scan_documents": len(done.documents),
            "scan_findings": done.stats["assessed"],
        }
    )
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
