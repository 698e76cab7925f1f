"""An exchange of docs/serial-till.md, played to the real till on a pseudo-terminal.

→ {"t":"hello"}*0CD3       said by the till
← {"t":"box",…}*D1F4       what the box must say to that, and nothing else
  2 seconds later          what happens meanwhile: one of `MEANWHILE`
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tills"))
from serial_counter import Counter

from daemon.money import Amount, Minor
from daemon.payment import Attempt, OutTradeNo, Reason, Ref, State
from daemon.tills.base import Busy
from hw.interfaces import Condition

TILL, BOX, MEANWHILE_MARK = "→ ", "← ", "  "


def _newest(counter: Counter) -> Ref:
    return list(counter.box.tellings)[-1]


def _order(state: State, trade_no: str | None) -> Attempt:
    return Attempt(OutTradeNo("TBOX1TCRHQB6TPRG3JGEE1GMY"), "g", "wechat", Amount(Minor(1), "CNY"), state, 0.0, trade_no=trade_no)


async def _code(counter: Counter) -> None:
    counter.box.move(_newest(counter), State.SUBMITTING, attempts=(_order(State.SUBMITTING, None),))


async def _paid(counter: Counter) -> None:
    counter.box.move(_newest(counter), State.PAID, attempts=(_order(State.PAID, "4200000000000000000000000001"),))


async def _doubt(counter: Counter) -> None:
    why = Reason("revoke_unconfirmed", "the provider has not confirmed that the order is undone")
    counter.box.move(_newest(counter), State.IN_DOUBT, reason=why)


async def _undone(counter: Counter) -> None:
    counter.box.move(_newest(counter), State.REVOKED, reason=Reason("revoked", "the provider has undone the order"))


async def _restart(counter: Counter) -> None:
    terms = {"crc_required": counter.till._reader.crc_required}
    await counter.till.stop()
    counter.make(**terms)
    await counter.start()


async def _busy(counter: Counter) -> None:
    counter.box.refusal = Busy(Ref("H-7"))


async def _plain(counter: Counter) -> None:
    await counter.till.stop()
    counter.make(crc_required=False)
    await counter.start()


def _later(seconds: float) -> Callable[[Counter], Awaitable[None]]:
    async def wait(counter: Counter) -> None:
        heard = await counter.during(seconds)
        counter.heard[:] = heard

    return wait


MEANWHILE: dict[str, Callable[[Counter], Awaitable[None]]] = {
    "2 seconds later": _later(2.0),
    "a minute later": _later(60.0),
    "the payer shows a code": _code,
    "the provider says that it is paid": _paid,
    "it cannot be proven what became of it": _doubt,
    "the provider has undone it": _undone,
    "the box is switched off and on": _restart,
    "another till sells": _busy,
    "the till speaks the plain form": _plain,
}


async def replayed(counter: Counter, block: str) -> list[str]:
    """The block as it is when the real till answers: its own lines of the box are put in place of those printed."""
    await counter.start()
    lines: list[str] = []
    for line in block.splitlines():
        if line.startswith(BOX):
            continue
        lines.append(line)
        await counter.settle()
        counter.raw.clear()
        if line.startswith(TILL):
            await counter.write(line.removeprefix(TILL).encode() + b"\r\n")
        else:
            assert line.startswith(MEANWHILE_MARK), line
            await MEANWHILE[line.strip()](counter)
            await counter.settle()
        lines += [BOX + said for said in counter.raw]
    assert counter.line.health.condition is Condition.OK
    return lines
