"""`[tills.NAME]`: who may ask the box for an amount."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.tables import later
from daemon.tables.names import take_names
from daemon.tables.table import Table
from daemon.tables.values import one_of

_KINDS = one_of(("http",), later=tuple(later.TILLS))


@dataclass(frozen=True, slots=True)
class TillSettings:
    """`kind = "http"`: `/v1/payments` on `[web] listen`; there can be one."""

    name: str
    kind: str = "http"


def read_tills(root: Table) -> dict[str, TillSettings]:
    """The tills by name; one of kind `http` where none is configured."""
    tables = take_names(root.table("tills"), root.findings)
    if not tables:
        return {"http": TillSettings("http")}
    tills = {name: TillSettings(name) for name, table in tables.items() if _is_http(table)}
    for name in list(tills)[1:]:
        tables[name].problem("kind", "is a second till of kind http", "one of them; it serves any number of machines")
    return tills


def _is_http(table: Table) -> bool:
    kind = table.take("kind", _KINDS, None, needed=True)
    if kind is not None:
        table.close()
        return True
    for later_kind, keys in later.TILLS.items():
        if table.says("kind", later_kind):
            later.check_keys(table, keys)
    return False
