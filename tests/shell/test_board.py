"""The health of devices and links: it holds back sales and colours the screen, and never touches a payment."""

import logging

import pytest

from daemon.health import Board, Link
from daemon.payment import Mode
from daemon.view import Outage, Part
from hw.interfaces import UNOPENED, Condition, Health

OK = Health(Condition.OK)
TRIAL = frozenset({"trial"})


@pytest.fixture
def board():
    """All is well."""
    board = Board()
    board.journal_is(None)
    board.device("scanner", OK)
    board.link("trial", Link())
    return board


def test_a_new_board_sells_nothing_and_says_why():
    assert Board().not_ready(Mode.SCAN, TRIAL) == [
        "journal: not opened yet", "scanner: none is configured ([scanner] in config.toml)", "gateway trial: not checked yet",
    ]  # fmt: skip


def test_a_box_where_all_is_well_sells(board):
    assert board.not_ready(Mode.SCAN, TRIAL) == []
    assert board.outages() == ()


def test_a_sale_without_a_scan_needs_no_scanner(board):
    board.device("scanner", Health(Condition.MISSING, "unplugged"))
    board.device("display", OK)
    assert board.not_ready(Mode.SHOW, TRIAL) == []
    assert board.not_ready(Mode.SCAN, TRIAL) == ["scanner missing: unplugged"]


def test_a_qr_needs_a_panel_to_be_shown_on(board):
    assert board.not_ready(Mode.SHOW, TRIAL) == ["display: none is configured to show a QR on ([display] in config.toml)"]
    board.device("display", Health(Condition.MISSING, "no answer at 0x3c"))
    assert board.not_ready(Mode.SHOW, TRIAL) == ["display missing: no answer at 0x3c"]
    board.device("display", OK)
    assert board.not_ready(Mode.SHOW, TRIAL) == []


def test_what_is_not_needed_for_a_sale_is_said_and_does_not_hold_it_back(board):
    board.device("display", Health(Condition.FAILING, "bus error"))
    board.device("lights", OK)
    assert board.not_ready(Mode.SCAN, TRIAL) == []
    assert board.outages() == (Outage(Part.DISPLAY, "display", "bus error"),)


def test_a_tills_line_that_is_away_is_said_under_its_name_and_holds_nobody_back(board):
    board.till("counter", Health(Condition.MISSING, "unplugged"))
    assert board.not_ready(Mode.SCAN, TRIAL) == []
    assert board.outages() == (Outage(Part.TILL, "counter", "unplugged"),)
    assert board.all_devices == {"scanner": OK, "counter": Health(Condition.MISSING, "unplugged")}
    heard = []
    board.listeners.append(lambda: heard.append(board.outages()))
    for _ in range(2):
        board.till("counter", OK)
    assert heard == [()]


def test_a_till_that_is_held_back_is_said_and_the_others_sell_on(board):
    both = frozenset({"machine", "http"})
    heard = []
    board.listeners.append(lambda: heard.append(board.held))
    for _ in range(2):
        board.hold("machine", "inhibited")
    assert board.not_ready(Mode.SCAN, TRIAL, frozenset({"machine"})) == ["till machine: inhibited"]
    assert board.not_ready(Mode.SCAN, TRIAL, frozenset({"http"})) == board.not_ready(Mode.SCAN, TRIAL, both) == []
    assert board.outages() == (Outage(Part.GOODS, "machine", "inhibited"),)
    board.hold("http", "no")
    assert board.not_ready(Mode.SCAN, TRIAL, both) == ["till http: no", "till machine: inhibited"]
    board.hold("machine", None)
    assert board.not_ready(Mode.SCAN, TRIAL, frozenset({"machine"})) == []
    assert heard == [{"machine": "inhibited"}, {"machine": "inhibited", "http": "no"}, {"http": "no"}]


def test_gateways_are_unreachable_while_none_of_them_answers(board):
    down = Link(Health(Condition.FAILING, "no route"))
    assert board.unreachable(TRIAL) is None
    board.link("trial", down)
    assert board.unreachable(TRIAL) == "gateway trial: no route"
    assert board.unreachable(frozenset({"another"})) is None, "nothing is known of it"
    board.link("spare", Link())
    assert board.unreachable(frozenset({"trial", "spare"})) is None


def test_one_of_two_scanners_that_is_away_is_noted_and_holds_nothing_back(board, caplog):
    caplog.set_level(logging.INFO)
    board.device("scanner", Health(Condition.OK, "1 of 2 scanners away: unplugged"))
    assert board.not_ready(Mode.SCAN, TRIAL) == []
    assert board.outages() == ()
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("WARNING", 'device_ok name=scanner detail="1 of 2 scanners away: unplugged"')
    ]


def test_a_link_that_fails_may_recover_in_time_but_a_blocked_one_cannot_charge(board):
    down = Health(Condition.FAILING, "no route")
    board.link("trial", Link(down))
    assert board.can_charge("trial")
    assert board.not_ready(Mode.SCAN, TRIAL) == []
    assert board.outages() == (Outage(Part.GATEWAY, "trial", "no route"),)
    board.link("trial", Link(Health(Condition.FAILING, "certificate expired"), Part.CREDENTIALS, blocked=True))
    assert not board.can_charge("trial")
    assert board.not_ready(Mode.SCAN, TRIAL) == ["gateway trial: certificate expired"]
    assert not board.can_charge("another")


def test_one_gateway_that_can_charge_is_enough(board):
    board.link("bad", Link(Health(Condition.FAILING, "key wrong"), Part.CREDENTIALS, blocked=True))
    assert board.not_ready(Mode.SCAN, frozenset({"trial", "bad"})) == []
    board.link("trial", Link(Health(Condition.FAILING, "key missing"), Part.CREDENTIALS, blocked=True))
    assert board.not_ready(Mode.SCAN, frozenset({"trial", "bad"})) == ["gateway bad: key wrong", "gateway trial: key missing"]


def test_a_mode_without_a_gateway_is_not_sold(board):
    board.device("display", OK)
    assert board.not_ready(Mode.SHOW, frozenset()) == ["no gateway serves mode 'show' ([routes] in config.toml)"]


def test_the_fleets_broker_holds_nobody_back_is_on_no_panel_and_is_logged_once(board, caplog):
    for _ in range(3):
        board.fleet_is(Health(Condition.FAILING, "broker b:1 does not answer"))
    assert board.not_ready(Mode.SCAN, frozenset({"trial"})) == []
    assert board.outages() == ()
    assert [record.getMessage() for record in caplog.records] == ['fleet_failing name=mqtt detail="broker b:1 does not answer"']


def test_listeners_hear_of_changes_only(board):
    heard = []
    board.listeners.append(lambda: heard.append(1))
    for _ in range(2):
        board.device("scanner", Health(Condition.MISSING, "unplugged"))
        board.link("trial", Link(Health(Condition.FAILING, "no route")))
        board.journal_is("disk full")
        board.doubts_are(1)
    assert len(heard) == 4
    assert board.outages()[0] == Outage(Part.JOURNAL, "", "disk full")


def test_a_listener_at_fault_holds_up_nobody(board, caplog):
    """Who reports a full disk is the journal, in the middle of a payment."""
    heard = []
    board.listeners += [lambda: 1 / 0, lambda: heard.append(1)]
    board.journal_is("disk full")
    assert heard == [1]
    assert "listener_fault" in caplog.text


def test_the_log_says_what_went_and_what_came_back(board, caplog):
    caplog.set_level(logging.INFO)
    board.device("scanner", Health(Condition.MISSING, "unplugged"))
    board.device("scanner", OK)
    board.link("trial", Link(Health(Condition.FAILING, "no route")))
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("WARNING", 'device_missing name=scanner detail="unplugged"'),
        ("INFO", 'device_ok name=scanner detail=""'),
        ("WARNING", 'gateway_failing name=trial detail="no route"'),
    ]


def test_what_nobody_has_looked_for_yet_is_not_ready_and_no_outage():
    """Opening takes some tenths of a second after a start; nobody is alarmed meanwhile."""
    board = Board()
    board.device("scanner", UNOPENED)
    board.till("counter", UNOPENED)
    board.journal_is(None)
    assert board.outages() == ()
    assert board.not_ready(Mode.SCAN, frozenset({"wechat"}))[0] == "scanner missing: not opened yet"
    board.till("counter", Health(Condition.MISSING, "no such port"))
    assert [(outage.part, outage.name) for outage in board.outages()] == [(Part.TILL, "counter")]
