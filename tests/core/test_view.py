"""What a view knows about itself, and the names that `GET /v1/box` gives its screens."""

import pytest
from screen_gallery import SCREENS, missing, view

from daemon.payment import State
from daemon.view import Notice, NoticeKind, Part, Phase, Prompt, PromptKind, screen_name


@pytest.mark.parametrize("state", list(State))
def test_the_screen_of_a_payment_is_named_after_its_state(state):
    assert screen_name(view(state)) == state.value


def test_between_payments_the_screen_says_whether_the_box_is_ready():
    assert screen_name(view()) == "ready"
    assert screen_name(view(ready=False)) == "not_ready"
    assert screen_name(view(ready=False, outages=missing(Part.SCANNER))) == "not_ready"


def test_a_box_that_waits_for_somebody_to_look_at_a_payment_says_so():
    assert screen_name(view(ready=False, in_doubt=1)) == "in_doubt"
    assert screen_name(view(ready=False, in_doubt=1, outages=missing(Part.CLOCK))) == "not_ready"
    assert screen_name(view(ready=True, in_doubt=1)) == "ready", "the operator lets it sell meanwhile"


def test_a_box_whose_configuration_cannot_be_used_says_only_that():
    assert screen_name(view(ready=False, unset=("gateways",), in_doubt=1)) == "not_set_up"
    assert screen_name(view(ready=False, unset=("gateways",), phase=Phase.STOPPED)) == "stopped"


def test_a_missing_light_does_not_make_the_box_unready():
    assert screen_name(view(outages=missing(Part.LIGHTS))) == "ready"


def test_a_view_tells_which_part_is_missing():
    shown = view(outages=missing(Part.LIGHTS, Part.TILL))
    assert [part for part in Part if shown.lacks(part)] == [Part.LIGHTS, Part.TILL]
    assert not view().lacks(Part.LIGHTS)


@pytest.mark.parametrize("kind", [NoticeKind.WRONG_CODE, NoticeKind.SCAN_AGAIN, NoticeKind.NO_ROUTE])
def test_whatever_was_wrong_with_a_code_shows_the_wrong_code_screen(kind):
    assert screen_name(view(State.AWAITING_CODE, notice=Notice(kind))) == "wrong_code"


@pytest.mark.parametrize("kind", [NoticeKind.NOT_SENT, NoticeKind.NOT_STORED])
def test_other_notices_are_named_as_they_are(kind):
    assert screen_name(view(State.AWAITING_CODE, notice=Notice(kind))) == kind.value


@pytest.mark.parametrize("state", [state for state in State if state is not State.AWAITING_CODE])
def test_a_notice_never_covers_a_payment_under_way_or_its_result(state):
    assert view(state, notice=Notice(NoticeKind.WRONG_CODE)).overlay is None


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.STOPPED])
def test_a_box_that_is_not_running_says_only_that(phase):
    assert screen_name(view(State.AWAITING_CODE, phase=phase, notice=Notice(NoticeKind.WRONG_CODE))) == phase.value


def test_attention_is_wanted_for_outages_and_doubts_only():
    wanting = {name for name, shown in SCREENS.items() if shown.wants_attention}
    assert wanting == {
        "ready_lights_missing",
        "not_ready",
        "not_ready_thrice",
        "not_ready_in_doubt",
        "awaiting_code_no_scanner",
        "in_doubt",
    }


TYPED, OFFERED, LAST = (Prompt(kind, "12.50") for kind in (PromptKind.TYPED, PromptKind.OFFERED, PromptKind.LAST))
NOT_TAKEN = Notice(NoticeKind.NOT_TAKEN, "zero")


@pytest.mark.parametrize(("prompt", "name"), [(TYPED, "typed"), (OFFERED, "offered"), (LAST, "last")])
def test_between_payments_a_till_may_have_something_to_say(prompt, name):
    assert screen_name(view(prompt=prompt)) == name
    assert screen_name(view(ready=False, prompt=prompt)) == name
    assert screen_name(view(State.IN_DOUBT, prompt=prompt)) == name, "a doubt may stay for days"


@pytest.mark.parametrize("state", sorted(set(State) - {State.IN_DOUBT}))
def test_a_payment_is_never_covered_by_it(state):
    assert view(state, prompt=TYPED).shown_prompt is None
    assert screen_name(view(state, prompt=TYPED)) == state.value


def test_nor_a_box_that_does_not_run_or_is_not_set_up():
    assert screen_name(view(prompt=TYPED, phase=Phase.STOPPED)) == "stopped"
    assert view(prompt=TYPED, phase=Phase.STARTING).shown_prompt is None
    assert screen_name(view(ready=False, prompt=TYPED, unset=("gateways",))) == "not_set_up"
    assert view(prompt=TYPED, unset=("gateways",)).shown_prompt is None


def test_why_something_was_not_taken_stands_above_it():
    assert screen_name(view(prompt=TYPED, notice=NOT_TAKEN)) == "not_taken"
    assert view(State.IN_DOUBT, notice=NOT_TAKEN).overlay == NOT_TAKEN
    assert view(State.IN_DOUBT, notice=Notice(NoticeKind.SCAN_AGAIN)).overlay is None
    assert view(State.IN_DOUBT, notice=NOT_TAKEN, phase=Phase.STOPPED).overlay is None
    assert view(State.PENDING, notice=NOT_TAKEN).overlay is None
    assert view(State.PAID, notice=NOT_TAKEN).overlay is None
