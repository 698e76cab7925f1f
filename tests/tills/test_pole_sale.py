"""`daemon.tills.pole_sale`: when a total counts, when it is a new sale, and what it does to a payment that is open."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.errands import PAID_LATE
from daemon.money import Amount, Minor
from daemon.payment import Mode, Payment, Reason, Ref, State
from daemon.tills.pole_sale import STABLE_S, Ask, GiveUp, Ignored, Offer, Said, Sale, Wish, Withdraw
from daemon.tills.pole_total import Finding, Nothing, Total, Unclear

NOON = "2026-11-27T12:00:00.000Z"


class Till:
    """A sale, its clock, and the payment that it may have."""

    def __init__(self, **more: Any) -> None:
        self.sale = Sale(**more)
        self.now = 100.0

    def shows(self, finding: Finding | int, seconds: float = STABLE_S, *, is_whole: bool = True) -> list[Wish]:
        """It stands there for so long."""
        finding = Total(finding) if isinstance(finding, int) else finding
        wishes = self.sale.shows(finding, self.now, is_whole=is_whole)
        self.now += seconds
        return wishes + self.sale.pass_time(self.now)

    def becomes(self, state: State, minor: int = 1250, ref: str = "", **more: Any) -> list[Wish]:
        """The payment of that amount, or of that ref."""
        payment = Payment(Ref(ref or f"pole-{minor}"), "pole", Amount(Minor(minor), "CNY"), Mode.SCAN, state, NOON, NOON).but(**more)
        return self.sale.changed(payment, self.now)

    def sells(self, minor: int = 1250, end: State = State.PAID) -> None:
        self.shows(minor)
        for state in (State.AWAITING_CODE, State.SUBMITTING, end):
            self.becomes(state, minor)


@pytest.fixture
def till() -> Till:
    return Till()


CLEARED = Nothing()


def test_a_total_is_offered_when_it_has_stood_long_enough(till: Till) -> None:
    assert till.shows(1250, STABLE_S - 0.01) == []
    assert till.sale.next_deadline() == pytest.approx(till.now + 0.01)
    assert till.shows(1250, 0.01) == [Offer(1250, by_scan=True)]
    assert till.sale.next_deadline() is None


def test_one_that_is_drawn_in_pieces_is_not(till: Till) -> None:
    for minor in (1, 12, 125, 1250):
        assert till.shows(minor, 0.1) == []
        assert till.shows(CLEARED, 0.1) == []
    assert till.shows(1250) == [Offer(1250, by_scan=True)]


def test_another_total_takes_its_place_and_a_cleared_display_takes_it_away(till: Till) -> None:
    till.shows(1250)
    assert till.shows(1550) == [Offer(1550, by_scan=True)]
    assert till.shows(CLEARED) == [Withdraw()]
    assert till.shows(CLEARED) == []


def test_while_it_is_drawn_again_it_is_not_taken_and_not_withdrawn_either(till: Till) -> None:
    till.shows(1250)
    assert till.sale.still_shows(1250)
    assert till.shows(CLEARED, 0.05) == []
    assert not till.sale.still_shows(1250)
    assert till.shows(1250) == []
    assert till.sale.still_shows(1250)


def test_what_is_unclear_is_not_offered_and_the_log_hears_why(till: Till) -> None:
    till.shows(1250)
    assert till.shows(Unclear("1250 may mean several amounts")) == [Withdraw(), Said("1250 may mean several amounts")]


def test_without_confirmation_it_is_asked_for_at_once_and_offered_where_that_fails() -> None:
    till = Till(confirm=False)
    assert till.shows(1250) == [Ask(1250)]
    assert till.sale.not_taken(1250) == [Offer(1250, by_scan=True)]
    assert till.shows(1550) == [Withdraw(), Ask(1550)]
    assert till.shows(CLEARED) == []
    assert till.shows(1250) == [Ask(1250)]


# -- a redraw is no new sale --


def test_a_total_that_was_paid_is_never_offered_again_until_the_display_showed_something_else(till: Till) -> None:
    till.sells()
    for _ in range(3):
        assert till.shows(CLEARED, 0.1) == []
        assert till.shows(1250) == []
    till.sale.lost()
    assert [type(wish) for wish in till.shows(1250)] == [Said]
    assert till.shows(CLEARED) == []
    assert till.shows(1250) == [Offer(1250, by_scan=True)]


def test_something_else_counts_only_after_the_payment_has_ended(till: Till) -> None:
    till.shows(1250)
    till.becomes(State.AWAITING_CODE)
    assert till.shows(CLEARED) == []
    assert till.shows(1250) == []
    till.becomes(State.SUBMITTING)
    assert [type(wish) for wish in till.becomes(State.PAID)] == [Said]


def test_a_display_that_was_cleared_before_the_end_is_seen_when_it_comes(till: Till) -> None:
    till.shows(1250)
    till.becomes(State.SUBMITTING)
    till.shows(CLEARED)
    assert till.becomes(State.PAID) == []
    assert till.sale.next_deadline() == till.now + STABLE_S
    assert till.shows(CLEARED) == []
    assert till.shows(1250) == [Offer(1250, by_scan=True)]


@pytest.mark.parametrize("stood_s", [STABLE_S, STABLE_S - 0.05])
def test_an_article_that_is_added_while_the_payer_pays_is_no_end_of_the_sale(till: Till, stood_s: float) -> None:
    """Its line stood there, and the total with it is just being drawn, or is to be, when the payment ends: that was offered to the
    scanner, and the first articles charged once more."""
    till.shows(1250)
    till.becomes(State.SUBMITTING)
    till.shows(CLEARED)
    if stood_s < STABLE_S:
        assert till.shows(1550, stood_s) == []
        assert till.becomes(State.PAID) == []
    else:
        assert till.becomes(State.PAID) == []
        assert till.shows(CLEARED, STABLE_S - 0.05) == []
    assert till.shows(1550) == [Offer(1550, by_scan=False)]


def test_an_article_added_too_late_is_not_charged_with_the_rest_once_more(till: Till) -> None:
    till.shows(1250)
    till.becomes(State.SUBMITTING)
    assert till.shows(1550) == [Ignored(1550)]
    assert till.becomes(State.PAID) == [Offer(1550, by_scan=False)], "only whoever presses the button may say that it is another sale"
    silent = Till(has_button=False)
    silent.shows(1250)
    silent.becomes(State.SUBMITTING)
    silent.shows(1550)
    assert [type(wish) for wish in silent.becomes(State.PAID)] == [Said]


@pytest.mark.parametrize("end", [State.IN_DOUBT, State.PAID])
def test_a_payment_that_may_have_been_paid_counts_as_paid(end: State) -> None:
    till = Till()
    till.sells(end=end)
    assert till.shows(1250) == []
    assert till.shows(1550) == [Offer(1550, by_scan=False)]


def test_so_does_one_whose_money_came_late(till: Till) -> None:
    till.shows(1250)
    till.becomes(State.SUBMITTING)
    wishes = till.becomes(State.REVOKED, reason=Reason(PAID_LATE.code, ""))
    assert [type(wish) for wish in wishes] == [Said]


@pytest.mark.parametrize("end", [State.REFUSED, State.CANCELLED, State.EXPIRED, State.REVOKED, State.REFUNDED])
def test_after_a_payment_that_took_nothing_the_same_total_waits_for_the_button(end: State) -> None:
    till = Till()
    till.shows(1250)
    till.becomes(State.AWAITING_CODE)
    assert till.becomes(end) == [Offer(1250, by_scan=False)]
    assert till.shows(1550) == [Offer(1550, by_scan=True)]


def test_and_without_a_button_for_another_display() -> None:
    till = Till(has_button=False)
    till.shows(1250)
    till.becomes(State.AWAITING_CODE)
    assert [type(wish) for wish in till.becomes(State.CANCELLED)] == [Said]
    assert till.shows(CLEARED) == []
    assert till.shows(1250) == [Offer(1250, by_scan=True)]


def test_money_that_comes_after_a_plain_no_is_heeded(till: Till) -> None:
    till.sells(end=State.REVOKED)
    assert till.shows(1250) == []
    till.becomes(State.REVOKED, reason=Reason(PAID_LATE.code, ""))
    assert till.shows(1550) == [Offer(1550, by_scan=False)]


def test_news_of_an_earlier_payment_is_none_of_the_open_one(till: Till) -> None:
    """Its order goes on in the background for long; it was taken for the end of the one that was open, which was offered again then."""
    till.sells(900, State.REVOKED)
    till.shows(CLEARED)
    till.shows(1250)
    for state in (State.AWAITING_CODE, State.SUBMITTING):
        till.becomes(state)
        assert till.becomes(State.REVOKED, 900) == []
    till.becomes(State.PAID)
    assert till.becomes(State.REVOKED, 900) == []
    assert till.shows(Unclear("drawn anew")) == [Said("drawn anew")]
    assert [type(wish) for wish in till.shows(1250)] == [Said]


def test_an_earlier_payment_of_the_same_amount_does_not_make_a_paid_one_unpaid(till: Till) -> None:
    till.sells(1250, State.REVOKED)
    till.shows(CLEARED)
    till.shows(1250)
    till.becomes(State.AWAITING_CODE, ref="pole-2")
    till.becomes(State.PAID, ref="pole-2")
    assert till.becomes(State.REVOKED) == []
    assert [type(wish) for wish in till.shows(1550)] == [Offer]
    assert [type(wish) for wish in till.shows(1250)] == [Withdraw, Said]


def test_a_total_that_was_paid_stays_spent_though_another_was_asked_for_and_given_up(till: Till) -> None:
    """An article is added too late, the button asks for it all, that is given up, and the article is taken away again."""
    till.sells()
    assert till.shows(1550) == [Offer(1550, by_scan=False)]
    till.becomes(State.AWAITING_CODE, 1550)
    assert till.becomes(State.CANCELLED, 1550) == [Offer(1550, by_scan=False)]
    assert [type(wish) for wish in till.shows(1250)] == [Withdraw, Said]
    assert till.shows(CLEARED) == []
    assert till.shows(1250) == [Offer(1250, by_scan=True)]


def test_a_doubt_that_turns_out_to_have_taken_nothing_frees_its_total(till: Till) -> None:
    till.sells(end=State.IN_DOUBT)
    till.becomes(State.REVOKED)
    assert till.shows(1550) == [Offer(1550, by_scan=True)]


# -- a restart, a pulled cable --


def a_payment(state: State, minor: int = 1250) -> Payment:
    return Payment(Ref("pole-0"), "pole", Amount(Minor(minor), "CNY"), Mode.SCAN, state, NOON, NOON)


def test_what_was_paid_before_a_restart_is_not_offered_when_the_till_draws_it_again(till: Till) -> None:
    till.sale.last_time(a_payment(State.PAID))
    assert [type(wish) for wish in till.shows(1250)] == [Said]
    assert till.shows(CLEARED) == []
    assert till.shows(1250) == [Offer(1250, by_scan=True)]


def test_a_payment_that_is_open_after_the_restart_counts_more(till: Till) -> None:
    till.becomes(State.PENDING, 700)
    till.sale.last_time(a_payment(State.PAID))
    till.shows(700)
    assert [type(wish) for wish in till.becomes(State.PAID, 700)] == [Said]


def test_a_screen_of_which_parts_are_not_known_is_not_another_one(till: Till) -> None:
    till.sale.last_time(a_payment(State.PAID))
    assert till.shows(CLEARED, is_whole=False) == []
    assert [type(wish) for wish in till.shows(1250)] == [Said]


def test_a_lost_line_takes_the_offer_away(till: Till) -> None:
    till.shows(1250)
    assert till.sale.lost() == [Withdraw()]
    assert till.sale.lost() == []
    assert till.shows(1250) == [Offer(1250, by_scan=True)]


# -- while a payment is open --


def test_an_offer_ends_with_the_payment_that_it_became(till: Till) -> None:
    till.shows(1250)
    assert till.becomes(State.AWAITING_CODE) == [Withdraw()]
    assert till.becomes(State.SUBMITTING) == []


def test_another_total_before_a_code_gives_it_up_and_is_offered(till: Till) -> None:
    till.shows(1250)
    till.becomes(State.AWAITING_CODE)
    assert till.shows(1550) == [GiveUp()]
    assert till.becomes(State.CANCELLED) == [Offer(1550, by_scan=True)]


def test_so_does_cash_but_not_a_display_that_goes_dark(till: Till) -> None:
    till.shows(1250)
    till.becomes(State.AWAITING_CODE)
    assert till.shows(CLEARED) == []
    assert till.shows(Unclear("?")) == []
    assert till.shows(Nothing(is_paid=True)) == [GiveUp()]
    assert till.becomes(State.CANCELLED) == []


def test_what_could_not_be_given_up_is_to_be_as_long_as_the_display_says_so(till: Till) -> None:
    assert till.sale.not_given_up() == []
    till.shows(1250)
    till.becomes(State.AWAITING_CODE)
    till.shows(1550)
    assert till.sale.not_given_up() == [GiveUp()]
    till.shows(1250)
    assert till.sale.not_given_up() == []
    till.shows(1550)
    till.becomes(State.SUBMITTING)
    assert till.sale.not_given_up() == [Ignored(1550)]


def test_once_something_went_to_a_provider_the_display_changes_nothing(till: Till) -> None:
    till.shows(1250)
    till.becomes(State.SUBMITTING)
    assert till.shows(1550) == [Ignored(1550)]
    assert till.shows(Nothing(is_paid=True)) == []
    assert till.shows(1250) == []


def test_a_refusal_that_the_payer_can_mend_looks_at_the_display_again(till: Till) -> None:
    till.shows(1250)
    till.becomes(State.SUBMITTING)
    till.shows(1550)
    assert till.becomes(State.AWAITING_CODE) == [GiveUp()]


def test_a_payment_that_begins_while_the_display_moved_on_is_given_up(till: Till) -> None:
    till.shows(1250)
    till.shows(1550)
    assert till.becomes(State.AWAITING_CODE, 1250) == [Withdraw(), GiveUp()]


FINDINGS = st.sampled_from([Total(5), Total(7), Nothing(), Nothing(is_paid=True), Unclear("?")])
STEPS = st.one_of(
    st.tuples(st.just("shows"), FINDINGS, st.sampled_from([0.1, 0.5])),
    st.tuples(st.just("lost")),
    st.tuples(st.just("take")),
    st.tuples(st.just("goes_on")),
    st.tuples(st.just("ends"), st.sampled_from([State.PAID, State.IN_DOUBT, State.CANCELLED, State.REFUSED])),
)


@settings(max_examples=500)
@given(st.lists(STEPS, max_size=40), st.booleans(), st.booleans())
def test_whatever_the_till_draws_no_total_is_sold_twice_without_another_screen_or_the_button(
    steps: list[Any], confirm: bool, has_button: bool
) -> None:
    """The oracle: after a payment that may have been paid, a scan or the box itself takes a total only when, since its end, the display
    has stood on something without one."""
    till, offered, is_open = Till(confirm=confirm, has_button=has_button), None, None
    paid_since_other = False
    seen: Finding | None = None
    for name, *args in steps:
        wishes: list[Wish] = []
        if name == "shows":
            seen = args[0]
            wishes = till.shows(*args)
            stood = till.sale._stable == seen
            if isinstance(seen, Nothing) and stood and is_open is None:
                paid_since_other = False
        elif name == "lost":
            wishes = till.sale.lost()
            seen = None
        elif name == "take" and offered is not None and is_open is None:
            is_open = offered.minor
            wishes = till.becomes(State.AWAITING_CODE, is_open)
        elif name == "goes_on" and is_open is not None:
            wishes = till.becomes(State.SUBMITTING, is_open)
        elif name == "ends" and is_open is not None:
            minor, is_open = is_open, None
            if args[0] in (State.PAID, State.IN_DOUBT):
                paid_since_other = not isinstance(till.sale._stable, Nothing)
            wishes = till.becomes(args[0], minor)
        for wish in wishes:
            if isinstance(wish, Offer):
                offered = wish
            elif isinstance(wish, Withdraw):
                offered = None
            if isinstance(wish, Ask) or (isinstance(wish, Offer) and wish.by_scan):
                assert not paid_since_other
                assert is_open is None
                assert seen == Total(wish.minor)
            if isinstance(wish, Offer) and not wish.by_scan:
                assert has_button
            assert not (is_open is not None and isinstance(wish, Offer | Ask))
        if name == "take" and confirm is False and is_open is None:
            offered = None
