"""Runs the tour in a process of its own: ``python -m muniment.ops.showing PIPE [--quiet]``.

The process ends with the tour, and with it the memory that the lists took. The logins go to the caller by the pipe
whose number is given, and the summary into the folder ``demo``.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict

from muniment.ops.showing import beside
from muniment.ops.showing.screen import Screen, terminal
from muniment.spine import config
from muniment.spine.errors import MunimentError


def _kilobytes(who: int) -> int:
    return resource.getrusage(who).ru_maxrss


def main(arguments: list[str]) -> int:
    """Run the tour and hand over how people sign in, or be the process beside it."""
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "muniment.site.settings")
    import django  # noqa: PLC0415  # loaded with the settings of the folder

    django.setup()
    if arguments[0] == "beside":
        beside.main(arguments[1])
        return 0
    return _tour(int(arguments[0]), Screen(terminal(quiet="--quiet" in arguments)))


def _tour(pipe_number: int, screen: Screen) -> int:
    from muniment.ops.showing import (  # noqa: PLC0415  # models need Django set up
        keeping,
        proving,
        setting,
        work,
    )

    tour = setting.Tour(config.current().home, screen)
    steps = (
        ("install", "An encrypted installation", setting.install),
        ("sources", "Law and lists, byte for byte", setting.sources),
        ("people", "Two firms and their people (all invented)", setting.people),
        ("holdings", "The firm's policies and counterparties (all invented)", setting.holdings),
        ("scan", "The firm against the law", work.scan),
        ("screening", "Every counterparty against every list", work.screen_everybody),
        ("case", "Two pairs of eyes", work.decide),
        ("settle", "The ledger is settled and signed", proving.settle),
        ("witness", "Somebody else signs too", keeping.witness),
        ("proof", "A proof that needs nobody's word", proving.prove),
        ("erasure", "Somebody is forgotten, and nothing is lost", keeping.erase),
        ("verify", "The whole ledger, looked through", proving.examine),
        ("tampered", "A copy that somebody changed", keeping.tampered),
    )
    try:
        with tour.until_the_end:
            for name, title, run in steps:
                with screen.step(name, title):
                    run(tour)
    except MunimentError as why:
        sys.stderr.write(f"{why}\n")
        return 1
    except Exception as fault:  # a stranger gets a sentence; who looks for the fault sets MUNIMENT_DEBUG
        if config.current().debug:
            raise
        sys.stderr.write(f"The demonstration broke off: {type(fault).__name__}: {fault}\n")
        return 1
    summary = {
        **tour.counted,
        "seconds": {**screen.seconds, "all": round(sum(screen.seconds.values()), 2)},
        "peak_memory_kb": {
            "tour": _kilobytes(resource.RUSAGE_SELF),
            "largest_child": _kilobytes(resource.RUSAGE_CHILDREN),
        },
        "paths": {"home": str(tour.home), "results": str(tour.results)},
    }
    (tour.results / "summary.json").write_text(
        json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    with os.fdopen(pipe_number, "w", encoding="utf-8") as pipe:
        json.dump([asdict(one) for one in tour.logins], pipe)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
