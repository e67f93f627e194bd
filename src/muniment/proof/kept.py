"""Earlier checkpoints beside the tiles of a log: those that somebody kept, and those that witnesses cosigned.

Rules (``docs/formats/tiles-and-pruning.md``): a file counts for nothing by itself. Whoever reads one verifies the log's
signatures, holds the root against the tree, and counts cosignatures by keys that come from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from muniment.proof.errors import Malformed

#: Where a folder may keep earlier checkpoints, and where the newest heads stand with the cosignatures they got.
KEPT, COSIGNED = "checkpoints", "cosigned"
#: The newest head that had the quorum of the installation's own policy.
WITNESSED = "witnessed"
LARGEST_SMALL = 1024 * 1024
MOST_CHECKPOINTS = 100_000
_SIZE = re.compile(r"[1-9][0-9]{0,18}")


def read_file(path: Path, largest: int) -> bytes | None:
    """Return what a file holds; None when it is not there.

    :raises Malformed: when it is too long or cannot be read.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(largest + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        raise Malformed("A file of the log cannot be read.", where=path.name) from None
    if len(raw) > largest:
        raise Malformed("A file of the log is too long.", where=path.name)
    return raw


def cosigned_sizes(folder: Path) -> list[int]:
    """Return at which sizes of a log a cosigned head is kept, in order; other files of the folder are nobody's."""
    try:
        names = [one.name for one in (folder / COSIGNED).iterdir()]
    except OSError:
        return []
    return sorted(int(name) for name in names if _SIZE.fullmatch(name))


def in_folder(folder: Path, fault: Callable[[str], None]) -> Iterator[tuple[str, bytes]]:
    """Yield every earlier checkpoint of a folder with its name; a file that cannot be read is told as a fault."""
    places = [folder / WITNESSED]
    if (folder / KEPT).is_dir():
        places += sorted((folder / KEPT).iterdir())[:MOST_CHECKPOINTS]
    places += [folder / COSIGNED / str(size) for size in cosigned_sizes(folder)[-MOST_CHECKPOINTS:]]
    for place in places:
        try:
            raw = read_file(place, LARGEST_SMALL)
        except Malformed as why:
            fault(str(why))
            continue
        if raw is not None:
            yield place.relative_to(folder).as_posix() if place.parent.name == COSIGNED else place.name, raw


def require_named(name: str, size: int) -> None:
    """Make sure that a cosigned head is of the size for which it stands.

    :raises Malformed: when its name says another one.
    """
    if name.startswith(f"{COSIGNED}/") and name != f"{COSIGNED}/{size}":
        raise Malformed(f"It is signed at {size} entries, and its name says another number.")
