"""Lights and sounds, row by row of DESIGN section 8, and as a payer would hear a sale."""

from itertools import combinations, pairwise

import pytest
from screen_gallery import SCREENS, missing, view

from daemon.payment import State
from daemon.signals import ATTENTION, NOTICE_S, PAID, REFUSED, RESULT_S, ROWS, SOUNDS, TICK, WRONG_CODE, Row, lights, row, sound
from daemon.view import Notice, NoticeKind, Outage, Part, Phase, Prompt, PromptKind
from hw.interfaces import LIGHTS, Pattern

OFF, ON, SLOW, FAST = Pattern.OFF, Pattern.ON, Pattern.SLOW, Pattern.FAST
WRONG = Notice(NoticeKind.WRONG_CODE, "product")


def shown(before_or_after):
    """The three lights as (green, amber, red)."""
    return tuple(lights(before_or_after)[name] for name in LIGHTS)


@pytest.mark.parametrize(
    ("state", "expected", "heard"),
    [
        (None, (SLOW, OFF, OFF), None),
        (State.AWAITING_CODE, (ON, OFF, OFF), TICK),
        (State.SUBMITTING, (OFF, SLOW, OFF), TICK),
        (State.PENDING, (OFF, SLOW, OFF), TICK),
        (State.CREATING_QR, (OFF, SLOW, OFF), TICK),
        (State.PRESENTING_QR, (ON, OFF, OFF), TICK),
        (State.REVOKING, (OFF, FAST, OFF), None),
        (State.CLOSING, (OFF, FAST, OFF), None),
        (State.PAID, (FAST, OFF, OFF), PAID),
        (State.REFUSED, (OFF, OFF, ON), REFUSED),
        (State.EXPIRED, (OFF, OFF, ON), REFUSED),
        (State.CANCELLED, (OFF, OFF, ON), REFUSED),
        (State.REVOKED, (OFF, OFF, ON), REFUSED),
        (State.REFUNDED, (OFF, OFF, ON), REFUSED),
        (State.IN_DOUBT, (OFF, OFF, SLOW), ATTENTION),
    ],
)
def test_each_state_has_its_lights_and_its_sound(state, expected, heard):
    assert shown(view(state)) == expected
    assert sound(view(), view(state)) is heard


def test_results_stay_as_long_as_the_design_says():
    assert RESULT_S[State.PAID] == 3
    assert {RESULT_S[state] for state in (State.REFUSED, State.EXPIRED, State.CANCELLED, State.REVOKED)} == {5}
    assert set(RESULT_S) == {state for state in State if state.is_final}, "in_doubt stays until seen to"
    assert NOTICE_S == 2


def test_after_a_wrong_code_green_stays_and_red_blinks_fast():
    wrong = view(State.AWAITING_CODE, notice=WRONG)
    assert shown(wrong) == (ON, OFF, FAST)
    assert sound(view(State.AWAITING_CODE), wrong) is WRONG_CODE


def test_a_box_that_lacks_what_it_needs_blinks_red_and_sounds_once():
    broken = view(ready=False, outages=missing(Part.SCANNER))
    assert shown(broken) == (OFF, OFF, SLOW)
    assert sound(view(), broken) is ATTENTION
    assert sound(broken, broken) is None


def test_a_second_thing_that_goes_missing_is_heard_too_but_a_new_detail_is_not():
    one = view(ready=False, outages=(Outage(Part.GATEWAY, "shop", "no answer"),))
    same = view(ready=False, outages=(Outage(Part.GATEWAY, "shop", "no route to host"),))
    two = view(ready=False, outages=(*one.outages, Outage(Part.GATEWAY, "backup")))
    assert sound(one, same) is None
    assert sound(same, two) is ATTENTION
    assert sound(two, one) is None


def test_a_ready_box_without_its_buzzer_shows_both_that_it_is_ready_and_that_something_is_wrong():
    assert shown(view(outages=missing(Part.BUZZER))) == (SLOW, OFF, SLOW)


def test_an_outage_beside_a_payment_adds_red_and_takes_nothing_away():
    assert shown(view(State.PENDING, outages=missing(Part.GATEWAY))) == (OFF, SLOW, SLOW)
    assert shown(view(State.PAID, outages=missing(Part.GATEWAY))) == (FAST, OFF, OFF), "a paid payment is green and nothing else"


def test_without_a_scanner_green_does_not_ask_for_a_code():
    lost = view(State.AWAITING_CODE, outages=missing(Part.SCANNER))
    assert shown(lost) == (OFF, OFF, SLOW)
    assert sound(view(State.AWAITING_CODE), lost) is ATTENTION
    assert sound(lost, view(State.AWAITING_CODE)) is TICK, "and it says when it does again"


def test_a_sale_that_could_not_be_stored_is_for_the_staff_not_for_the_payer():
    unstored = view(notice=Notice(NoticeKind.NOT_STORED))
    assert row(unstored) is Row.ATTENTION
    assert sound(view(), unstored) is ATTENTION


def test_a_sale_is_heard_from_the_first_tick_to_paid():
    views = [view(), view(State.AWAITING_CODE), view(State.SUBMITTING), view(State.PENDING, confirming=True), view(State.PAID), view()]
    heard = [sound(before, after) for before, after in pairwise(views)]
    assert heard == [TICK, TICK, None, PAID, None]


def test_a_countdown_is_silent():
    assert sound(view(State.AWAITING_CODE, left_s=60), view(State.AWAITING_CODE, left_s=59)) is None


def test_the_same_mistake_made_twice_sounds_twice_and_its_end_not_at_all():
    waiting = view(State.AWAITING_CODE)
    first, second = (view(State.AWAITING_CODE, notice=Notice(NoticeKind.WRONG_CODE, "url", number)) for number in (1, 2))
    assert [sound(waiting, first), sound(first, second), sound(second, waiting)] == [WRONG_CODE, WRONG_CODE, None]


def test_a_good_code_right_after_a_wrong_one_is_heard():
    assert sound(view(State.AWAITING_CODE, notice=WRONG), view(State.SUBMITTING, notice=WRONG)) is TICK


def test_who_must_show_another_code_hears_that_the_last_one_did_not_do():
    assert sound(view(State.SUBMITTING), view(State.AWAITING_CODE, "NOTENOUGH")) is WRONG_CODE
    refused_fast = sound(view(State.AWAITING_CODE), view(State.AWAITING_CODE, "NOTENOUGH"))
    assert refused_fast is WRONG_CODE, "even where nobody saw the moment between"


def test_a_payment_that_ended_is_heard_as_ended_whatever_the_reason():
    assert sound(view(State.PENDING), view(State.REFUSED, "NOTENOUGH")) is REFUSED, "nobody is to show another code any more"
    assert sound(view(State.REVOKING), view(State.REVOKED, "timeout")) is REFUSED


def test_a_box_that_starts_up_well_is_silent():
    assert sound(None, view(phase=Phase.STARTING)) is None
    assert sound(view(phase=Phase.STARTING), view()) is None
    assert sound(None, view()) is None


def test_a_box_that_cannot_sell_calls_even_if_nothing_is_known_to_be_wrong():
    assert sound(view(), view(ready=False)) is ATTENTION


def test_a_box_that_starts_up_broken_says_so_once_it_runs():
    broken = missing(Part.SCANNER)
    assert sound(None, view(phase=Phase.STARTING, ready=False, outages=broken)) is None
    assert sound(view(phase=Phase.STARTING, ready=False, outages=broken), view(ready=False, outages=broken)) is ATTENTION
    assert sound(None, view(State.PENDING)) is TICK, "a payment taken up again after a restart"


def test_each_payment_in_doubt_calls_once():
    doubtful = view(State.IN_DOUBT, in_doubt=1)
    assert sound(view(State.REVOKING), doubtful) is ATTENTION
    assert sound(doubtful, view(ready=False, in_doubt=1)) is None
    assert sound(view(ready=False, in_doubt=1), view(ready=False, in_doubt=2)) is ATTENTION
    assert sound(doubtful, view(State.PAID)) is PAID, "a doubt may still turn out well"
    unlit = missing(Part.LIGHTS)
    assert sound(view(State.REVOKING, outages=unlit), view(State.IN_DOUBT, outages=unlit)) is ATTENTION, "beside what was wrong before"


def test_while_starting_and_when_stopped_all_is_dark():
    for phase in (Phase.STARTING, Phase.STOPPED):
        assert shown(view(State.PAID, phase=phase, outages=missing(Part.CLOCK))) == (OFF, OFF, OFF)


@pytest.mark.parametrize(("one", "other"), list(combinations(Row, 2)))
def test_no_meaning_rests_on_colour_alone(one, other):
    """Somebody who sees no colours sees how many lights do what, and hears the sound: that is enough to tell rows apart."""

    def without_colour(meaning):
        patterns, heard = ROWS[meaning]
        return sorted(patterns.values()), heard and heard.name

    assert without_colour(one) != without_colour(other)


@pytest.mark.parametrize(("one", "other"), list(combinations(SOUNDS, 2)))
def test_sounds_differ_in_rhythm_because_an_active_buzzer_has_one_pitch(one, other):
    def rhythm(heard):
        return [(tone.hz > 0, tone.ms) for tone in heard.tones]

    assert one.name != other.name
    assert rhythm(one) != rhythm(other)


def test_no_two_tones_follow_without_a_silence_that_an_active_buzzer_needs_too():
    for heard in SOUNDS:
        assert all(bool(one.hz) != bool(other.hz) for one, other in pairwise(heard.tones))
        assert heard.tones[-1].hz, "a sound ends with a tone"


def test_the_paid_sound_rises_and_the_others_are_low():
    assert [tone.hz for tone in PAID.tones if tone.hz] == sorted({tone.hz for tone in PAID.tones if tone.hz})
    low = min(tone.hz for tone in (*TICK.tones, *PAID.tones) if tone.hz)
    assert all(tone.hz < low for heard in (REFUSED, WRONG_CODE, ATTENTION) for tone in heard.tones)


@pytest.mark.parametrize("name", SCREENS)
def test_every_view_sets_all_three_lights(name):
    assert tuple(lights(SCREENS[name])) == LIGHTS


# -- what tills of the box's own say --


def test_what_is_typed_changes_no_light_and_makes_no_sound():
    typed = view(prompt=Prompt(PromptKind.TYPED, "12"))
    assert lights(typed) == lights(view())
    assert sound(view(), typed) is None
    assert row(view(ready=False, prompt=Prompt(PromptKind.TYPED, "12"))) is Row.ATTENTION


def test_what_is_not_taken_blinks_red_alone_and_beside_green_where_a_code_is_awaited():
    refused = Notice(NoticeKind.NOT_TAKEN, "zero")
    assert row(view(notice=refused)) is Row.NOT_TAKEN
    assert row(view(State.AWAITING_CODE, notice=refused)) is Row.WRONG_CODE
    assert row(view(State.IN_DOUBT, notice=refused)) is Row.NOT_TAKEN
    assert lights(view(notice=refused)) == {"green": Pattern.OFF, "amber": Pattern.OFF, "red": Pattern.FAST}


@pytest.mark.parametrize("state", [None, *State])
def test_what_is_not_taken_is_heard_once_whatever_is_shown(state):
    before, after = view(state), view(state, notice=Notice(NoticeKind.NOT_TAKEN, "busy"))
    assert sound(before, after) is WRONG_CODE
    assert sound(after, after) is None
    assert sound(after, view(state, notice=Notice(NoticeKind.NOT_TAKEN, "busy", 1))) is WRONG_CODE
    hidden = view(state, notice=Notice(NoticeKind.SCAN_AGAIN))
    assert (sound(before, hidden) is None) is (state not in (None, State.AWAITING_CODE))


def test_an_offer_that_a_code_can_take_looks_and_sounds_as_if_one_were_awaited():
    scan, button = Prompt(PromptKind.OFFERED, "¥12.50", scan=True), Prompt(PromptKind.OFFERED, "¥12.50", button=True)
    assert row(view(prompt=scan)) is Row.SHOW_CODE
    assert sound(view(), view(prompt=scan)) is TICK
    assert row(view(prompt=button)) is row(view()) is Row.READY
    assert row(view(ready=False, prompt=scan)) is Row.ATTENTION
    assert row(view(State.PAID, prompt=scan)) is Row.PAID
