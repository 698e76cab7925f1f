"""The keeper: the board's word on the journal is true, and the journal forgets at the right time only."""

import asyncio
import logging
from datetime import timedelta

import pytest
from shell_time import in_virtual_time, settle, timers
from shop import NOON, NOTE, Shop, a_payment, an_order, until

from daemon.gateways.simulated_cases import PAID
from daemon.health import Board
from daemon.journal import confirm
from daemon.journal_file import JournalError
from daemon.keeper import PRUNE_EVERY_S, PRUNE_FIRST_S, TRY_AGAIN_S, Keeper
from daemon.payment import Errand, OutTradeNo, Reason, Ref, State

YEAR = timedelta(days=365)


class Kept(Shop):
    """A shop whose journal is looked after; `ahead` is how far the wall clock is from where it should be."""

    def __init__(self, directory, **more):
        super().__init__(directory, **more)
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.ahead = timedelta(0)
        self.board = Board()
        self.keeper = Keeper(
            self.journal, self.runner, self.board, keep_days=90, wall=lambda: NOON + self.ahead + timedelta(seconds=loop.time() - began)
        )

    async def __aenter__(self):
        await self.keeper.start()
        return self

    async def __aexit__(self, *_):
        self.unlock()
        await self.runner.stop()
        await self.keeper.stop()


@in_virtual_time
async def test_a_journal_that_is_well_says_so_and_then_rests(tmp_path):
    shop = Kept(tmp_path)
    assert shop.board.journal == "not opened yet"
    async with shop:
        assert shop.board.journal is None
        await settle()
        assert timers() == 1  # the next look at what is old, in an hour


@in_virtual_time
async def test_a_journal_that_cannot_be_opened_is_tried_until_it_can_and_then_taken_up(tmp_path, impatient):
    async with Kept(tmp_path) as shop:
        await shop.sell()
        await shop.scan("02")
        await settle()
    again = Kept(tmp_path)
    again.lock()
    async with again:
        assert again.board.journal == "database is locked"
        assert again.runner.live == []
        await asyncio.sleep(3 * TRY_AGAIN_S)
        assert again.board.journal == "database is locked"
        again.unlock()
        await asyncio.sleep(TRY_AGAIN_S + 0.1)
        assert again.board.journal is None
        assert [p.ref for p in again.runner.live] == ["A-1"]


@in_virtual_time
async def test_trouble_while_selling_is_on_the_board_at_once_and_goes_by_itself(tmp_path, impatient):
    async with Kept(tmp_path) as shop:
        shop.lock()
        with pytest.raises(JournalError):
            await shop.sell()
        assert shop.board.journal == "database is locked"
        shop.unlock()
        await asyncio.sleep(TRY_AGAIN_S + 0.1)
        assert shop.board.journal is None
        shop.lock()
        with pytest.raises(JournalError):
            await shop.sell()
        assert shop.board.journal == "database is locked"  # the second time too


@in_virtual_time
async def test_after_trouble_what_the_journal_has_after_all_is_taken_up(tmp_path, impatient):
    """A sync that failed after a whole write: the till heard "not stored", and the payment is in the file."""
    async with Kept(tmp_path) as shop:
        await shop.journal.store(a_payment(attempts=(an_order("T9"),), state=State.SUBMITTING), NOTE)
        await asyncio.sleep(2 * TRY_AGAIN_S)
        assert shop.runner.live == []  # a journal that is well is not read again
        shop.lock()
        with pytest.raises(JournalError):
            await shop.sell("A-2")
        shop.unlock()
        await asyncio.sleep(TRY_AGAIN_S + 0.1)
        assert [p.ref for p in shop.runner.live] == ["A-1"]


@in_virtual_time
async def test_trouble_that_begins_while_the_journal_is_looked_at_is_not_overlooked(tmp_path, monkeypatch):
    async with Kept(tmp_path) as shop:
        counting = shop.journal.in_doubt

        async def meanwhile():
            count = await counting()
            shop.journal._note("disk full")
            return count

        monkeypatch.setattr(shop.journal, "in_doubt", meanwhile)
        await shop.keeper.look()
        assert shop.board.journal == "disk full"
        monkeypatch.undo()
        await asyncio.sleep(TRY_AGAIN_S + 0.1)
        assert shop.board.journal is None


@in_virtual_time
async def test_a_damaged_journal_waits_for_its_operator(tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(b"x" * 20_000)
    async with Kept(tmp_path) as shop:
        kept = next(p.name for p in tmp_path.iterdir() if "corrupt" in p.name)
        assert shop.board.journal == f"it was damaged; the old one is kept as {kept}. Run `tillbox journal confirm` to go on without it"
        await asyncio.sleep(10 * TRY_AGAIN_S)
        assert shop.board.journal.startswith("it was damaged")
        confirm(shop.path)
        await asyncio.sleep(TRY_AGAIN_S + 0.1)
        assert shop.board.journal is None


# -- doubts --


@in_virtual_time
async def test_doubts_are_counted_at_the_start_and_as_they_come_and_go(tmp_path):
    async with Kept(tmp_path) as shop:
        late = a_payment("old", State.REFUSED, reason=Reason("paid_late", ""), attempts=(an_order("T0", State.REFUSED, Errand.NONE),))
        await shop.journal.store(late, NOTE)
    async with Kept(tmp_path) as shop:
        assert shop.board.doubts == 1
        await shop.sell()
        await shop.scan("78")
        await settle()
        assert shop.board.doubts == 2
        shop.provider.orders[OutTradeNo("T1")].case = PAID  # from now on the provider says the right amount
        await until(lambda: shop.state() is State.PAID)
        await settle()
        assert shop.board.doubts == 1


@in_virtual_time
async def test_a_count_that_fails_changes_nothing(tmp_path, monkeypatch, caplog):
    async with Kept(tmp_path) as shop:
        await shop.sell()

        async def failing():
            raise JournalError("not now")

        monkeypatch.setattr(shop.journal, "in_doubt", failing)
        await shop.scan("78")
        await settle()
        assert shop.board.doubts == 0
        assert 'doubts_not_counted error="not now"' in caplog.text


# -- forgetting --


async def ended(shop, ref, before):
    at = (NOON - before).isoformat()
    await shop.journal.store(a_payment(ref, State.PAID).but(updated_at=at), NOTE)


async def known(shop):
    return [p.ref for p in await shop.journal.recent(99, None)]


@in_virtual_time
async def test_what_is_old_is_forgotten_after_an_hour_and_then_once_a_day(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    async with Kept(tmp_path) as shop:
        await ended(shop, "old", timedelta(days=91))
        await ended(shop, "young", timedelta(days=89, hours=12))
        await asyncio.sleep(PRUNE_FIRST_S - 1)
        assert await known(shop) == ["young", "old"]
        await asyncio.sleep(2)
        assert await known(shop) == ["young"]
        assert "journal_pruned payments=1 keep_days=90" in caplog.text
        await asyncio.sleep(PRUNE_EVERY_S)
        assert await known(shop) == []


@in_virtual_time
async def test_a_clock_that_was_just_set_forgets_nothing(tmp_path):
    """P11. A box without a clock of its own is set by the network minutes after each start, and may be off again by night."""
    async with Kept(tmp_path) as shop:
        await ended(shop, "not so old", timedelta(days=30))
        await asyncio.sleep(100)
        shop.ahead = YEAR
        await asyncio.sleep(PRUNE_FIRST_S)
        assert await known(shop) == ["not so old"]
        shop.ahead = timedelta(0)
        await asyncio.sleep(PRUNE_FIRST_S)
        assert await known(shop) == ["not so old"]
        shop.ahead = timedelta(days=70)
        await asyncio.sleep(PRUNE_FIRST_S)
        assert await known(shop) == ["not so old"]
        await asyncio.sleep(PRUNE_FIRST_S)  # an hour that was an hour by both clocks
        assert await known(shop) == []


@in_virtual_time
async def test_a_journal_that_cannot_forget_now_forgets_tomorrow(tmp_path, impatient, caplog):
    async with Kept(tmp_path) as shop:
        await ended(shop, "old", YEAR)
        shop.lock()
        await asyncio.sleep(PRUNE_FIRST_S + 1)
        assert 'journal_not_pruned error="database is locked"' in caplog.text
        shop.unlock()
        await asyncio.sleep(PRUNE_EVERY_S)
        assert await known(shop) == []


@in_virtual_time
async def test_a_stop_before_the_start_closes_the_journal(tmp_path):
    shop = Kept(tmp_path)
    await shop.keeper.stop()
    with pytest.raises(JournalError, match="closed"):
        await shop.journal.find(Ref("A-1"))
