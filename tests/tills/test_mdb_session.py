"""`daemon.tills.mdb_session` and its table `daemon.tills.mdb_table`: without any line or clock."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.tills.mdb_lines import Complaint, Noise, Settled, Status, VendFailure, VendRequest, VendSuccess, Version
from daemon.tills.mdb_session import (
    AGAIN_S,
    BEGIN_EVERY_S,
    OUTCOME_S,
    PING_S,
    STEP_S,
    STUBBORN_MOST,
    Asked,
    Ended,
    GivenUp,
    Over,
    Send,
    Session,
)
from daemon.tills.mdb_table import TABLE, Do, News, Phase

REQUEST = VendRequest("1.50", "7")
SETTINGS = ("mdb-always-idle=1",)


def said(actions: list[object]) -> list[str]:
    return [action.text for action in actions if isinstance(action, Send)]


def set_up(now: float = 0.0) -> Session:
    session = Session(SETTINGS)
    assert said(session.opened(now)) == ["C,0"]
    assert said(session.heard(Status("INACTIVE"), now)) == ["C,SETCONF,mdb-always-idle=1"]
    assert said(session.heard(Settled(), now)) == ["C,1"]
    assert said(session.heard(Status("INACTIVE"), now)) == []
    assert session.phase is Phase.SHUT
    return session


def enabled(now: float = 0.0) -> Session:
    session = set_up(now)
    session.heard(Status("ENABLED"), now)
    assert session.phase is Phase.OPEN
    return session


def asked(now: float = 0.0) -> tuple[Session, int]:
    session = enabled(now)
    (action,) = session.heard(REQUEST, now)
    assert action == Asked(1, "1.50", "7") == session.request
    return session, 1


def dispensing(now: float = 0.0) -> tuple[Session, int]:
    session, number = asked(now)
    assert said(session.approve(number, now)) == ["C,VEND,1.50"]
    return session, number


def test_every_phase_and_all_news_have_a_place_in_the_table() -> None:
    assert set(TABLE) == set(Phase)
    assert {news for rows in TABLE.values() for news in rows} == set(News)
    assert {do for rows in TABLE.values() for row in rows.values() for do in row.does} == set(Do)
    assert {str(one) for one in (*Phase, *News, *Do)} == {one.value for one in (*Phase, *News, *Do)}


def test_only_a_request_that_stands_leads_to_an_approval_and_only_the_machine_says_what_came_of_it() -> None:
    saying = [(phase, news) for phase, rows in TABLE.items() for news, row in rows.items() if Do.SAY_VEND in row.does]
    assert saying == [(Phase.ASKED, News.APPROVE)]
    given_by = [(phase, news) for phase, rows in TABLE.items() for news, row in rows.items() if {Do.GIVEN, Do.FAILED} & set(row.does)]
    assert given_by == [(Phase.DISPENSING, News.SUCCESS), (Phase.DISPENSING, News.FAILURE)]


def test_whatever_leads_out_of_dispensing_says_what_became_of_the_goods() -> None:
    for row in TABLE[Phase.DISPENSING].values():
        if row.to is not Phase.DISPENSING:
            assert {Do.GIVEN, Do.FAILED, Do.DOUBT, Do.DOUBT_AND_ASK} & set(row.does)


def test_whatever_leads_out_of_asked_without_an_answer_gives_it_up() -> None:
    for news, row in TABLE[Phase.ASKED].items():
        if row.to is not Phase.ASKED and news not in (News.APPROVE, News.DENY):
            assert {Do.GIVE_UP, Do.CHANGE} & set(row.does)


def test_a_vend_is_asked_for_approved_once_and_given() -> None:
    session, number = dispensing()
    assert session.request is None
    assert session.approve(number, 1.0) == session.deny(number, 1.0) == []
    assert session.heard(Status("IDLE"), 1.0) == []
    assert session.heard(VendSuccess(), 1.0) == [Ended(1, given=True)]
    assert session.heard(VendSuccess(), 1.0) == []
    assert session.phase is Phase.IDLE


def test_a_vend_can_fail_and_be_denied() -> None:
    session, _ = dispensing()
    (ended,) = session.heard(VendFailure(), 1.0)
    assert isinstance(ended, Ended)
    assert ended.given is False
    session, number = asked()
    assert said(session.deny(number, 0.0)) == ["C,VEND,-1"]
    assert session.approve(number, 0.0) == []
    assert session.heard(REQUEST, 1.0) == [Asked(2, "1.50", "7")], "pressed again"


def test_a_request_that_is_repeated_is_one_and_another_takes_its_place_and_is_denied() -> None:
    session, _ = asked()
    assert session.heard(REQUEST, 1.0) == []
    actions = session.heard(VendRequest("2.00", "8"), 1.0)
    assert actions == [GivenUp(1), Send("C,VEND,-1")]
    session, _ = dispensing()
    assert session.heard(REQUEST, 0.1) == [], "an echo"
    session.heard(Status("IDLE"), 1.0)
    doubted, again = session.heard(REQUEST, 2.0)
    assert isinstance(doubted, Ended)
    assert (doubted.given, again) == (None, Asked(2, "1.50", "7"))


def test_a_machine_that_goes_on_gives_the_request_up() -> None:
    for word in ("ENABLED", "IDLE", "DISABLED", "INACTIVE", "OFFLINE"):
        session, number = asked()
        assert session.heard(Status(word), 1.0) == [GivenUp(number)]
        assert session.approve(number, 1.0) == []
    session, _ = asked()
    assert session.lost(1.0) == [GivenUp(1)]
    assert session.heard(REQUEST, 1.0) == [], "nothing is heard without a line"


def test_an_approved_vend_of_which_nothing_is_heard_is_in_doubt() -> None:
    session, _ = dispensing()
    assert session.pass_time(PING_S) == [Send("V")]
    session.heard(Version("4"), PING_S)
    assert session.next_deadline() == OUTCOME_S
    (doubted,) = session.pass_time(OUTCOME_S)
    assert isinstance(doubted, Ended)
    assert doubted.given is None
    assert session.heard(VendSuccess(), OUTCOME_S + 1) == [], "too late"


def test_an_adapter_that_began_anew_is_set_up_anew_whatever_was_under_way() -> None:
    for news in (Version("4.0"), Complaint("cashless is off")):
        for make, ends in ((enabled, False), (lambda: asked()[0], True), (lambda: dispensing()[0], True)):
            actions = make().heard(news, 1.0)
            assert said(actions) == ["C,0"]
            assert len(actions) == 1 + ends


def test_a_version_that_was_asked_for_is_none() -> None:
    session = enabled()
    assert said(session.pass_time(PING_S)) == ["V"]
    assert session.heard(Version("4.0"), PING_S + 0.1) == []
    assert session.phase is Phase.OPEN
    session.pass_time(2 * PING_S + 0.1)
    session.pass_time(2 * PING_S + 0.1 + STEP_S)
    assert session.phase is Phase.AWAY
    assert said(session.pass_time(2 * PING_S + 0.1 + STEP_S + AGAIN_S)) == ["C,0"]


def test_an_adapter_that_does_not_answer_is_tried_again_after_a_pause() -> None:
    session = Session(SETTINGS)
    session.opened(0.0)
    assert session.pass_time(STEP_S) == []
    assert (session.phase, session.next_deadline()) == (Phase.AWAY, STEP_S + AGAIN_S)
    assert said(session.pass_time(STEP_S + AGAIN_S)) == ["C,0"]


def test_a_setting_that_is_not_known_is_left_and_told() -> None:
    session = Session(("mdb-address=1", *SETTINGS))
    session.opened(0.0)
    session.heard(Status("OFFLINE"), 0.0)
    assert session.heard(Noise(), 0.0) == []
    assert said(session.heard(Complaint("unknown key"), 0.0)) == ["C,SETCONF,mdb-always-idle=1"]
    assert session.complaints == ["C,SETCONF,mdb-address=1: unknown key"]


def test_an_adapter_that_will_not_be_switched_off_is_left_for_a_while() -> None:
    session = Session(SETTINGS)
    session.opened(0.0)
    for _ in range(STUBBORN_MOST):
        session.heard(Status("ENABLED"), 0.0)
        assert said(session.heard(Complaint("cashless is on"), 0.0)) == ["C,0"]
    session.heard(Status("ENABLED"), 0.0)
    assert session.heard(Complaint("cashless is on"), 0.0) == []
    session.pass_time(STEP_S)
    assert session.phase is Phase.AWAY


def test_a_session_is_begun_again_until_the_machine_shows_it() -> None:
    session = enabled()
    assert said(session.begin("5.00", 0.0)) == ["C,START,5.00"]
    for turn in range(1, 10):
        assert said(session.pass_time(turn * BEGIN_EVERY_S)) == ["C,START,5.00"]
    session.heard(Status("IDLE", "5.00"), 5.0)
    assert (session.phase, session.begin("5.00", 5.0)) == (Phase.IDLE, [])
    assert said(session.end(6.0)) == ["C,STOP"]
    assert session.heard(Status("ENABLED"), 6.0) == [Over()]
    assert session.end(7.0) == []


def test_a_session_that_cannot_be_begun_is_over() -> None:
    session = enabled()
    session.begin("5.00", 0.0)
    assert session.heard(Status("DISABLED"), 0.1) == [Over()]
    session = enabled()
    session.begin("5.00", 0.0)
    assert said(session.end(0.1)) == ["C,STOP"]
    assert session.phase is Phase.OPEN


HEARD = st.sampled_from(
    [Status(w) for w in ("OFFLINE", "ONLINE", "INACTIVE", "DISABLED", "ENABLED", "IDLE")]
    + [VendRequest("1.50", "7"), VendRequest("2.00", "8"), VendSuccess(), VendFailure(), Settled(), Complaint("cashless is off")]
    + [Complaint("cashless is on"), Complaint("VEND 1"), Version("4"), Noise()]
)
ACTS = st.one_of(HEARD, st.sampled_from(["open", "lose", "approve", "deny", "begin", "end", "time", "wait"]))


@settings(max_examples=400, deadline=None)
@given(st.lists(ACTS, max_size=60))
def test_whatever_is_heard_each_request_has_one_answer_and_each_approval_one_outcome(acts: list[object]) -> None:
    session, now = enabled(), 0.0
    open_requests: set[int] = set()
    approved: set[int] = set()
    ended: list[int] = []
    for act in acts:
        now += 0.1
        number = session.request.number if session.request else 0
        match act:
            case "open":
                actions = session.opened(now)
            case "lose":
                actions = session.lost(now)
            case "approve":
                actions = session.approve(number, now)
            case "deny":
                actions = session.deny(number, now)
            case "begin":
                actions = session.begin("5.00", now)
            case "end":
                actions = session.end(now)
            case "time":
                now = max(now, session.next_deadline() or now)
                actions = session.pass_time(now)
            case "wait":
                actions = []
            case heard:
                actions = session.heard(heard, now)  # type: ignore[arg-type]  # the rest is something heard
        approvals = [text for text in said(actions) if text.startswith("C,VEND") and text != "C,VEND,-1"]
        assert bool(approvals) is (act == "approve" and number in open_requests)
        if approvals:
            approved.add(number)
        if approvals or (act == "deny" and number):
            open_requests.discard(number)
        for action in actions:
            if isinstance(action, Asked):
                assert action.number not in open_requests | approved
                assert not open_requests, "one at a time"
                open_requests.add(action.number)
            elif isinstance(action, GivenUp):
                open_requests.remove(action.number)
            elif isinstance(action, Ended):
                ended.append(action.number)
        assert open_requests == ({session.request.number} if session.request else set())
        assert len(ended) == len(set(ended))
        assert set(ended) <= approved
        assert len(approved) - len(ended) == (session.phase is Phase.DISPENSING)
