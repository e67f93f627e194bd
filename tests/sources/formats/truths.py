"""What must hold for every act, whatever it was read from."""

from __future__ import annotations

import re

from muniment.sources.formats.act import ParsedAct


def letters(text: str) -> str:
    """Letters and digits only."""
    return re.sub(r"[\W_]", "", text)


def check_spans(act: ParsedAct, *, sorted_keys: bool = True) -> None:
    """Identifiers are unique, spans lie inside their parents and in the text, siblings follow one another."""
    parts = {part.eid: part for part in act.provisions}
    assert len(parts) == len(act.provisions)
    last_end: dict[str | None, int] = {}
    for part in act.provisions:
        assert 0 <= part.start < part.end <= len(act.text), part.eid
        assert act.verbatim(part).strip(" \n\t") == act.verbatim(part), part.eid
        if part.parent is not None:
            above = parts[part.parent]
            assert above.start <= part.start, part.eid
            assert part.end <= above.end, part.eid
        assert part.start >= last_end.get(part.parent, 0), part.eid
        last_end[part.parent] = part.end
    keys = [part.sort_key for part in act.provisions]
    assert not sorted_keys or keys == sorted(keys)
