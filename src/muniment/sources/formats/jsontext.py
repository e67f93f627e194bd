"""JSON from strangers.

Rules it obeys: an object with the same key twice says two things and is refused; so are numbers that are no
numbers, half characters, and nesting without end.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from muniment.spine.errors import Invalid


def read_json(content: bytes, *, limit: int, where: str = "") -> Any:
    """Read one JSON text.

    :param limit: largest size in bytes.
    :param where: the line or member to name in a refusal.
    :raises Invalid: if it breaks one of the rules above.
    """
    if len(content) > limit:
        raise Invalid(f"The JSON text is larger than {limit} bytes.", where=where)
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("The text is not UTF-8.", where=where) from None
    except UnicodeEncodeError:
        raise Invalid("The text holds half a character (a lone surrogate).", where=where) from None
    except RecursionError:
        raise Invalid("The JSON text nests too deep.", where=where) from None
    except _TwiceError:
        raise Invalid("A JSON object has the same key twice.", where=where) from None
    except ValueError:
        raise Invalid("The text is not JSON or is cut off.", where=where) from None
    return value


class _TwiceError(Exception):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise _TwiceError
    return read


def _no_number(_name: str) -> NoReturn:
    raise ValueError
