"""JSON in the strictest sense, for whoever asks for money.

Strict because a name given twice, a number that is none or bytes that are no UTF-8 mean that the till and the box could read
different things in the same bytes.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

# Digits of a whole number that are read. Longer ones are beyond every limit of every field, and stay so when cut here;
# int() itself refuses more than 4300 with an error that is not about JSON.
_DIGITS = 20


class NotJson(ValueError):
    """These bytes hold no JSON object. The text says where and what is wrong, and quotes nothing."""


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object (RFC 8259) in some bytes of UTF-8. Raises NotJson."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_no_name_twice,
            parse_int=_whole,
            parse_constant=_no_such_number,
        )
    except UnicodeDecodeError as error:
        raise NotJson(f"byte {error.start} is no UTF-8") from error
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} (line {error.lineno}, column {error.colno})") from error
    except RecursionError as error:
        raise NotJson("nested too deep") from error
    except ValueError as error:
        raise NotJson(str(error)) from error
    if not isinstance(value, dict):
        raise NotJson('it holds no object; expected {"name": …}')
    return value


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    taken = dict(pairs)
    if len(taken) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return taken


def _whole(digits: str) -> int:
    return int(digits[:_DIGITS])


def _no_such_number(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON numbers")
