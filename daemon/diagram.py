"""The state diagram, drawn from the cycle's tables, so that it cannot say anything else (Mermaid, `stateDiagram-v2`).

An arrow is where a payment goes; all news that leads from one state to the same other one is written on one arrow. News that
changes no state is left out, except what is done about orders after the till was told: that is in the notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from daemon.cycle import MOVED_BY, TABLE
from daemon.news import Do, News, Row
from daemon.payment import State

Table = Mapping[State, Mapping[News, Row]]
Arrows = dict[tuple[State, State], list[str]]

_INDENT = "    "
_QUIET = (None, Do.GO_ON, Do.REST)  # what a note need not say


def mermaid(table: Table = TABLE) -> str:
    """The whole diagram, its lines without a fence around them."""
    arrows = _arrows(table)
    finals = [state for state in State if state.is_final and any(state in arrow for arrow in arrows)]
    lines = [
        f"[*] --> {State.AWAITING_CODE}",
        *(f"{start} --> {end}: {'<br/>'.join(news)}" for (start, end), news in arrows.items()),
        *(f"{state} --> [*]" for state in finals),
        *_notes(table),
        "classDef final font-weight:bold",
        f"class {','.join(finals)} final",
    ]
    return "\n".join(["stateDiagram-v2", *(_INDENT + line for line in lines)])


def _arrows(table: Table) -> Arrows:
    """From where to where the payment goes, and on what news."""
    arrows: Arrows = {}
    for state, rows in table.items():
        for news, row in rows.items():
            end = row.payment_to or row.to
            for start in _starts(state, end):
                labels = arrows.setdefault((start, end), [])
                labels += [news.value] if news.value not in labels else []
    return {arrow: arrows[arrow] for arrow in sorted(arrows, key=_in_order)}


def _starts(state: State, end: State) -> list[State]:
    """The payment's states that an order in this state takes along: its own, unless the payment has let it go."""
    if end is state:
        return []
    if not state.is_final or state is State.PAID:  # nobody lets a paid order go
        return [state]
    return [start for start in State if start in MOVED_BY.get(end, ())]


def _in_order(arrow: tuple[State, State]) -> tuple[int, int]:
    states = list(State)
    return states.index(arrow[0]), states.index(arrow[1])


def _notes(table: Table) -> Iterable[str]:
    """What is still done about an order when the till has been told its state; in full once, then what is different."""
    first: dict[News, Do | None] = {}
    for state, rows in table.items():
        if not (state.is_final or state is State.IN_DOUBT):
            continue
        does: dict[News, Do | None] = {news: row.do for news, row in rows.items() if row.to is state and row.do not in _QUIET}
        yield f"note right of {state}"
        differs = [f"{_INDENT}{news} → {_words(do)}" for news, do in does.items() if first.get(news) is not do]
        as_before = "in the background, as in_doubt" + (", but" if differs else "")
        yield _INDENT + (as_before if first else "in the background, until the provider's own end")
        yield from differs
        yield "end note"
        first = first or does


def _words(do: Do | None) -> str:
    return "" if do is None else do.value.replace("_", " ")
