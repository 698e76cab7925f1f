"""`daemon.goods_owed`: goods out of the journal, for the tills whose machines give them."""

from __future__ import annotations

from pathlib import Path

import pytest
from shop import NOON, NOTE, a_payment

from daemon.goods import Stand, Ware
from daemon.goods_owed import JournalGoods
from daemon.journal import Journal
from daemon.payment import Payment, Ref, State
from daemon.tills.base import NotStorable

WARES = {"counter": Ware("pulse", 100)}


def a_journal(tmp_path: Path, wares: dict[str, Ware] | None = None) -> Journal:
    return Journal(tmp_path / "journal.sqlite", boot="b", wall=lambda: NOON, wares=WARES if wares is None else wares)


async def test_what_is_owed_is_read_stored_and_a_doubt_is_told(tmp_path: Path) -> None:
    told: list[int] = []
    journal = a_journal(tmp_path)
    goods = JournalGoods(journal, lambda _ref: None, lambda: told.append(1))
    await journal.store(a_payment("A-1", State.PAID), NOTE)
    await journal.store(a_payment("H-1", State.PAID, till="http"), NOTE)
    (owing,) = await goods.open("counter")
    await goods.store(owing.begin())
    assert told == []
    assert (await goods.find(Ref("A-1"))) == owing.begin()
    await goods.store(owing.begin().doubt("the power went"))
    assert told == [1]
    assert await journal.in_doubt() == 1
    assert await goods.find(Ref("H-1")) is None
    await journal.close()
    for call in (goods.open("counter"), goods.find(Ref("A-1")), goods.store(owing)):
        with pytest.raises(NotStorable):
            await call


async def test_nothing_is_owed_for_a_payment_that_the_box_does_not_hold_to_be_paid(tmp_path: Path) -> None:
    """A write whose sync failed may be on the disk all the same; the box goes on from before it."""
    live: dict[Ref, Payment] = {}
    journal = a_journal(tmp_path)
    goods = JournalGoods(journal, live.get, lambda: None)
    await journal.store(a_payment("A-1", State.PAID), NOTE)
    live[Ref("A-1")] = a_payment("A-1", State.PENDING)
    assert await goods.open("counter") == []
    live[Ref("A-1")] = a_payment("A-1", State.PAID)
    assert len(await goods.open("counter")) == 1
    await journal.close()


async def test_goods_of_a_till_that_is_gone_are_left_to_a_person_at_the_start(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    await journal.start()
    await journal.store(a_payment("A-1", State.PAID), NOTE)
    await journal.close()
    for wares in ({"counter": Ware("vend")}, {}):
        again = a_journal(tmp_path, wares)
        await again.start()
        owing = await again.owing(Ref("A-1"))
        assert owing is not None
        assert (owing.stands, owing.is_open, "no till counter" in owing.note) == (Stand.IN_DOUBT, False, True)
        assert await again.in_doubt() == 1
        await again.close()


async def test_damaged_goods_that_are_open_are_damage_of_the_journal(tmp_path: Path) -> None:
    """Without them what is owed cannot be given: nobody would ever know."""
    journal = a_journal(tmp_path)
    await journal.start()
    await journal.store(a_payment("A-1", State.PAID), NOTE)
    await journal._do(lambda file: file._db.execute("UPDATE goods SET units = 7"))
    await journal.close()
    again = a_journal(tmp_path)
    assert await again.start() == []
    assert (await again.unconfirmed() or "").startswith("journal.sqlite.corrupt-")
    await again.close()


async def test_goods_that_somebody_has_seen_to_are_counted_no_more(tmp_path: Path) -> None:
    told: list[int] = []
    journal = a_journal(tmp_path)
    goods = JournalGoods(journal, lambda _ref: None, lambda: told.append(1))
    await journal.store(a_payment("A-1", State.PAID), NOTE)
    (owing,) = await goods.open("counter")
    await goods.store(left := owing.begin().doubt("the power went").end())
    assert await journal.in_doubt() == 1
    await goods.store(left.seen_to("Ann: gave it by hand"))
    assert (told, await journal.in_doubt()) == ([1, 1], 0)
    assert (await goods.find(Ref("A-1"))) == left.seen_to("Ann: gave it by hand")
    await journal.close()
