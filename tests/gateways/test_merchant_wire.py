"""The wire of the merchant's backend: bodies are exact, reading is strict where it matters and harmless everywhere."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merchant_backend import CODE, PLACE, attempt, order

from daemon.codes import AuthCode
from daemon.gateways import merchant_wire as wire
from daemon.gateways.merchant_wire import OrderState, ProblemCode


def parsed(**fields):
    return wire.parse_order(json.dumps(order("refused", **fields)).encode())


def test_a_charge_is_compact_json_in_utf_8():
    body = wire.charge(attempt(description="茶"), PLACE, AuthCode(CODE))
    assert b" " not in body
    assert "茶".encode() in body


def test_only_the_charge_holds_the_payers_code():
    for body in (wire.qr_order(attempt(), PLACE), wire.ending(attempt(), PLACE), wire.refund(attempt(), PLACE), wire.box_check(PLACE)):
        assert "auth_code" not in json.loads(body)


def test_an_order_is_read_with_everything_that_the_box_acts_on():
    found = parsed(trade_no="42", reason={"code": "NOTENOUGH", "text": "too little", "payer_can_mend": True}, qr="weixin://x")
    assert (found.out_trade_no, found.minor, found.currency, found.state) == ("T1", 1250, "CNY", OrderState.REFUSED)
    assert (found.store_id, found.terminal_id, found.trade_no, found.qr) == ("shop-12", "box-7", "42", "weixin://x")
    assert (found.code, found.text, found.payer_can_mend) == ("NOTENOUGH", "too little", True)


def test_a_word_that_nobody_knows_is_no_state():
    body = json.dumps({**order("paid"), "state": "settled"}).encode()
    assert wire.parse_order(body).state is None


@pytest.mark.parametrize("mend", [None, "true", 1, [], {}])
def test_only_a_plain_true_lets_the_payer_mend_it(mend):
    """A fresh code is asked for on the backend's clear word alone."""
    assert parsed(reason={"code": "X", "text": "", "payer_can_mend": mend}).payer_can_mend is False


@pytest.mark.parametrize("word", [None, 7, ["x"], {"a": 1}])
def test_a_reason_without_words_is_a_reason_all_the_same(word):
    assert (parsed(reason={"code": word, "text": word}).code, parsed(reason={"text": word}).text) == ("", "")


def test_texts_for_people_are_short_and_printable():
    found = parsed(reason={"code": "A\x1b[2J", "text": "x\u202e\n" + "y" * 9999})
    assert found.code == "A [2J"
    assert len(found.text) <= 256
    assert found.text.isprintable()


@pytest.mark.parametrize("digits", [16, 18, 24])
def test_what_could_be_a_payers_code_is_masked(digits):
    code = "13" + "0" * (digits - 4) + "17"
    assert parsed(reason={"code": "X", "text": f"({code})"}).text == "(13…17)"


def test_a_telephone_number_is_left_alone():
    text = "call 0755-86013860 or 95017"
    assert parsed(reason={"code": "X", "text": text}).text == text


def test_a_problem_counts_only_with_its_own_status():
    body = json.dumps({"title": "t", "status": 409, "code": "conflict"}).encode()
    assert wire.parse_complaint(409, body).problem is ProblemCode.CONFLICT
    assert wire.parse_complaint(404, body).problem is None


def test_every_problem_has_a_status():
    assert wire.STATUS.keys() == set(ProblemCode)


@pytest.mark.parametrize("body", [b"{}", b'{"code": 7}', b"[]", b"", b'{"code": "x", "code": "y"}'])
def test_a_problem_without_a_code_is_none(body):
    with pytest.raises(ValueError):
        wire.parse_complaint(409, body)


@pytest.mark.parametrize("qr", [7, ["x"], "\ud800", "x" * 2954])
def test_a_qr_text_that_no_code_could_hold_is_refused(qr):
    with pytest.raises(ValueError, match="qr"):
        parsed(qr=qr)


def test_a_welcome_holds_the_backends_clock():
    welcome = wire.parse_welcome(b'{"store_id": "s", "terminal_id": "t", "now": 7}')
    assert (welcome.store_id, welcome.terminal_id, welcome.now) == ("s", "t", 7)


@pytest.mark.parametrize("now", ["-1", "1714530600000", "1" + "0" * 400])
def test_a_clock_that_no_clock_shows_is_refused(now):
    """Found by fuzzing: the difference to a number of four hundred digits is none that a float can hold, and the check broke down."""
    with pytest.raises(ValueError, match="no time"):
        wire.parse_welcome(b'{"store_id": "s", "terminal_id": "t", "now": %s}' % now.encode())


leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=4
)


@given(st.binary() | anything.map(lambda value: json.dumps(value).encode()))
def test_no_body_does_more_than_be_refused(body):
    """Nothing but ValueError comes out, and an error never holds the body."""
    for read in (wire.parse_order, wire.parse_welcome, lambda body: wire.parse_complaint(409, body)):
        with pytest.raises(ValueError):
            read(body)


@given(st.sampled_from([*order("paid"), "reason", "qr", "trade_no"]), anything)
def test_a_wrong_field_is_refused_or_read_as_it_is(name, value):
    body = json.dumps({**order("paid"), name: value}).encode()
    try:
        found = wire.parse_order(body)
    except ValueError:
        return
    assert type(found.minor) is int
    assert found.text.isprintable()
