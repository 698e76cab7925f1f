"""Structured fields: what signatures need is read to the letter, everything else is refused."""

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.gateways.structured_fields import byte_sequence, parse_byte_sequences, parse_inner_lists, string

SIGNED = '("@method" "@target-uri";req "signature";req;key="a");created=1700000000;nonce="n";keyid="box \\"1\\""'


def test_a_signature_input_is_read_item_by_item():
    member = parse_inner_lists(f"tillbox={SIGNED}")["tillbox"]
    assert member.items == ('"@method"', '"@target-uri";req', '"signature";req;key="a"')
    assert member.parameters == {"created": 1700000000, "nonce": "n", "keyid": 'box "1"'}
    assert member.text == SIGNED


def test_the_signature_of_a_proxy_may_stand_beside_ours():
    members = parse_inner_lists(f'proxy=("@authority");created=1 ,\ttillbox={SIGNED}')
    assert list(members) == ["proxy", "tillbox"]


def test_a_parameter_without_a_value_is_a_flag():
    assert parse_inner_lists("a=();b")["a"].parameters == {"b": True}


def test_byte_sequences_come_as_bytes():
    assert parse_byte_sequences("sha-256=:AAEC:, sha-512=:/w==:") == {"sha-256": b"\x00\x01\x02", "sha-512": b"\xff"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tillbox",
        "tillbox=",
        'tillbox="text"',
        "tillbox=:AAEC:",
        'tillbox=("a"',
        "tillbox=(a)",
        'tillbox=("a"  "b")',  # two spaces: canonical text has one
        'tillbox=("a");created=1.5',
        'tillbox=("a"); created=1',
        'tillbox=("a");created=1;created=2',
        'tillbox=("a"),',
        'tillbox=("a") other=("b")',
        'tillbox=("a"), tillbox=("b")',
        'Tillbox=("a")',
        'tillbox=("ä")',
        'tillbox=("a\\n")',
        'tillbox=("a");created=٣',  # a digit to Python, none to HTTP
        'tillbox=("a");created=1234567890123456',
    ],
)
def test_what_is_no_dictionary_of_inner_lists_is_refused(text):
    with pytest.raises(ValueError):
        parse_inner_lists(text)


@pytest.mark.parametrize(
    "text", ["", "a=AAEC", "a=:AAE:", "a=:AA=C:", "a=:A===:", "a=:A-_=:", "a=:AAEC:, a=:AAEC:", 'a=("x")', "a=:AAEC:;q=1"]
)
def test_what_is_no_dictionary_of_byte_sequences_is_refused(text):
    with pytest.raises(ValueError):
        parse_byte_sequences(text)


def test_errors_do_not_repeat_what_was_read():
    with pytest.raises(ValueError) as caught:
        parse_inner_lists('tillbox=("a") 130000000000000017')
    assert "1300" not in str(caught.value)


def test_a_string_is_printable_ascii():
    assert string('a "b" \\') == '"a \\"b\\" \\\\"'
    with pytest.raises(ValueError, match="ASCII"):
        string("ä")
    with pytest.raises(ValueError, match="ASCII"):
        string("a\n")


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)), st.binary())
def test_what_is_written_is_read_back_here_and_by_an_independent_parser(text, data):
    written = f'a=("x");p={string(text)}'
    assert parse_inner_lists(written)["a"].parameters == {"p": text}
    assert http_sf.parse(written.encode(), tltype="dictionary")["a"][1] == {"p": text}
    assert parse_byte_sequences(f"b={byte_sequence(data)}") == {"b": data}


@given(st.text(alphabet='a";=()\\ ,:?1*', max_size=40))
def test_nothing_is_taken_that_an_independent_parser_refuses(text):
    """And the members that are taken are the same."""
    try:
        ours = parse_inner_lists(text)
    except ValueError:
        return
    theirs = http_sf.parse(text.strip(" \t").encode(), tltype="dictionary")
    assert ours.keys() == theirs.keys()
    assert [len(member.items) for member in ours.values()] == [len(member[0]) for member in theirs.values()]


@pytest.mark.parametrize("parse", [parse_inner_lists, parse_byte_sequences])
@pytest.mark.parametrize("form", ["{}=1", "{}=();x, {}=()", "{}=(),{}", "a=();{};{}", "{}=:AAAA:, {}=:AAAA:", "{}=:AAAA: x"])
def test_an_error_names_no_key_that_could_be_a_payer_s_code_or_that_is_long(parse, form):
    """Found by fuzzing: the names of members and parameters come from outside, and went into the journal as they were."""
    key = f"a130000000000000017{'x' * 5000}"
    with pytest.raises(ValueError) as caught:
        parse(form.format(key, key))
    assert "1300000" not in str(caught.value)
    assert len(str(caught.value)) < 100
