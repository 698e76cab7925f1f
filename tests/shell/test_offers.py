"""What a till offers is taken by a payer's code (`daemon.scanning`), by the button (`daemon.giving_up`), and handed to both by
`daemon.front`: in one go, once, and journalled before anything is sent."""

import asyncio

from shell_time import in_virtual_time, settle
from shop import FIVE, code, until
from test_presenter import Shown
from test_scanning import Scanned

from daemon.front import BoxFront
from daemon.giving_up import TAKEN_S, GivingUp
from daemon.payment import Ref, State
from daemon.tills.base import Offer
from daemon.view import NoticeKind
from hw.interfaces import ScanFault
from hw.simulated import SimulatedButton


class Offering(Scanned):
    """A shop whose till offers five yuan; `taken` counts how often that was wanted."""

    def __init__(self, directory, **more):
        super().__init__(directory, **more)
        self.button = SimulatedButton()
        self.giving_up = GivingUp(self.runner, self.button)
        self.button.open(self.giving_up.pressed, lambda _health: None)
        self.runner.listeners.append(self.giving_up.on_change)
        self.shown = Shown()
        self.front = BoxFront(self.shown.presenter, self.scanning, self.giving_up, has_button=True)
        self.taken = 0
        self.refuses = False

    async def __aenter__(self):
        await self.shown.__aenter__()
        return await super().__aenter__()

    async def __aexit__(self, *error):
        await super().__aexit__(*error)
        await self.shown.__aexit__(*error)

    def offer(self, ref="A-1", *, by_scan=True, till="pole"):
        async def take():
            self.taken += 1
            await asyncio.sleep(0.01)
            if self.refuses:
                return None
            return self.runner.find(Ref(ref)) or await self.sell(ref)

        self.front.offer(till, Offer(Ref(ref), FIVE, by_scan, take))


@in_virtual_time
async def test_a_payers_code_takes_it_and_pays_in_one_go(tmp_path):
    async with Offering(tmp_path) as shop:
        shop.offer()
        assert (shop.scanner.armed, shop.shown.screen, shop.shown.lit) == (True, "offered", {"green": "on"})
        assert shop.shows("00")
        assert not shop.scanner.armed, "one code, at once"
        await until(lambda: shop.told[-1:] == ["paid"])
        assert shop.told == ["awaiting_code", "submitting", "paid"]
        assert shop.scanner.armings == 1, "the payment's code was there already"
        assert shop.taken == 1
        assert shop.asked == ["submit"]


@in_virtual_time
async def test_what_it_begins_is_stored_before_anything_is_sent(tmp_path):
    async with Offering(tmp_path) as shop:
        shop.offer()
        shop.shows("00")
        await until(lambda: shop.told[-1:] == ["paid"])
        assert shop.events[:2] == ["asked", "code_presented"]
        numbers = [change.entry.seq for change in shop.changes]
        assert numbers == sorted(numbers)


@in_virtual_time
async def test_a_journal_that_cannot_be_written_takes_nothing_and_sends_nothing(tmp_path, impatient):
    async with Offering(tmp_path) as shop:
        shop.offer()
        shop.refuses = True
        shop.shows("00")
        await settle()
        await asyncio.sleep(1)
        assert (shop.told, shop.asked) == ([], [])
        assert not shop.scanner.armed, "until it is offered again"
        shop.refuses = False
        shop.offer()
        assert shop.shows("00")
        await until(lambda: shop.told[-1:] == ["paid"])


@in_virtual_time
async def test_the_code_is_kept_nowhere_beyond_that(tmp_path, caplog):
    caplog.set_level("DEBUG")
    async with Offering(tmp_path) as shop:
        shop.offer()
        shop.shows("00")
        await until(lambda: shop.told[-1:] == ["paid"])
        secret = code("00").reveal()
        assert secret not in caplog.text
        assert secret not in repr(vars(shop.scanning))
        assert secret.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


@in_virtual_time
async def test_a_wrong_code_is_said_and_the_offer_stands(tmp_path):
    async with Offering(tmp_path) as shop:
        shop.offer()
        shop.scanner.scan("6901234567892")
        shop.scanner.fault(ScanFault.NOISE)
        assert shop.notices == [(NoticeKind.WRONG_CODE, "product"), (NoticeKind.SCAN_AGAIN, "noise")]
        assert shop.taken == 0
        assert shop.shows("00")
        await until(lambda: shop.told[-1:] == ["paid"])


@in_virtual_time
async def test_the_code_of_the_last_payment_does_not_pay_the_next_offer(tmp_path):
    """A phone that still lies under the scanner."""
    async with Offering(tmp_path) as shop:
        shop.offer()
        shop.shows("00")
        await until(lambda: shop.told[-1:] == ["paid"])
        shop.offer("A-2")
        shop.shows("00")
        await settle()
        assert shop.notices == [(NoticeKind.WRONG_CODE, "used")]
        assert shop.taken == 1
        assert shop.scanner.scan("13" + "0" * 13 + "100")
        await until(lambda: shop.told[-1] == "paid" and shop.changes[-1].payment.ref == "A-2")


@in_virtual_time
async def test_after_a_refusal_that_the_payer_can_mend_the_next_code_is_the_payments(tmp_path):
    async with Offering(tmp_path) as shop:
        shop.offer()
        shop.shows("10")
        await until(lambda: shop.told[-1:] == ["awaiting_code"] and len(shop.told) > 1)
        assert shop.scanner.armed
        shop.shows("00")
        await until(lambda: shop.told[-1] == "paid")
        assert shop.taken == 1


@in_virtual_time
async def test_a_payment_of_somebody_else_has_the_scanner_and_gives_it_back(tmp_path):
    async with Offering(tmp_path) as shop:
        shop.offer()
        await shop.sell("B-1")
        shop.shows("00")
        await settle()
        assert shop.changes[-1].payment.ref == "B-1"
        assert shop.taken == 0
        assert shop.scanner.armed, "for the offer, which stands"


@in_virtual_time
async def test_what_is_no_longer_offered_is_not_taken(tmp_path):
    async with Offering(tmp_path) as shop:
        shop.offer()
        shop.front.offer("pole", None)
        assert (shop.scanner.armed, shop.button.watched, shop.shown.screen) == (False, False, "ready")
        assert not shop.shows("00")
        assert not shop.button.press()


@in_virtual_time
async def test_the_button_takes_it(tmp_path):
    async with Offering(tmp_path) as shop:
        shop.offer(by_scan=False)
        assert (shop.scanner.armed, shop.shown.lit) == (False, {"green": "slow"})
        assert shop.button.press()
        await until(lambda: shop.told == ["awaiting_code"])
        assert shop.scanner.armed
        shop.front.offer("pole", None)
        await asyncio.sleep(TAKEN_S)
        assert shop.button.press(), "and now it gives up"
        await until(lambda: shop.told[-1] == "cancelled")


@in_virtual_time
async def test_a_press_that_was_meant_to_take_it_does_not_give_up_what_a_code_took_first(tmp_path):
    async with Offering(tmp_path) as shop:
        shop.offer()
        shop.shows("02")
        await until(lambda: "pending" in shop.told)
        shop.front.offer("pole", None)
        assert shop.button.press()
        await settle()
        assert shop.told[-1] == "pending"
        await asyncio.sleep(TAKEN_S)
        shop.button.press()
        await until(lambda: shop.told[-1] == "revoked")


@in_virtual_time
async def test_a_press_and_a_code_at_once_make_one_payment(tmp_path):
    async with Offering(tmp_path) as shop:
        shop.offer()
        shop.button.press()
        shop.shows("00")
        await until(lambda: shop.told[-1:] == ["paid"])
        assert shop.asked == ["submit"]
        assert {change.payment.ref for change in shop.changes} == {"A-1"}


@in_virtual_time
async def test_of_two_tills_the_last_offer_is_the_one(tmp_path):
    async with Offering(tmp_path) as shop:
        shop.offer("A-1", till="one")
        shop.offer("A-2", till="two", by_scan=False)
        assert not shop.scanner.armed
        shop.front.offer("two", None)
        assert shop.scanner.armed
        shop.shows("00")
        await until(lambda: shop.told[-1:] == ["paid"])
        assert shop.changes[-1].payment.ref == "A-1"


@in_virtual_time
async def test_a_payment_without_an_offer_can_be_given_up_at_once(tmp_path):
    async with Offering(tmp_path) as shop:
        await shop.sell()
        assert shop.button.press()
        await until(lambda: shop.changes[-1].payment.state is State.CANCELLED)
