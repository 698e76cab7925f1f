"""The configuration as a whole: what may be left out, what is said about mistakes (`daemon.config`, `daemon.tables.table`,
`daemon.tables.findings`, `daemon.tables.values`)."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from config_data import NOWHERE, SMALLEST, problems, problems_of, read
from hypothesis import given
from hypothesis import strategies as st

from daemon.config import Config, ConfigProblems, Problem, load, parse
from daemon.timing import Schedule


def test_a_box_and_one_gateway_are_a_whole_configuration() -> None:
    config = read()
    assert (config.box.terminal_id, config.box.store_id, config.box.store_name) == ("box-1", "box-1", "box-1")
    assert (config.box.currency, config.box.language, config.box.max_amount) == ("CNY", "en", 100_000)
    assert {name: till.kind for name, till in config.tills.items()} == {"http": "http"}
    assert config.routes.show == {"default": "sim"}
    assert config.routes.scan == dict.fromkeys(("wechat", "alipay", "unionpay", "emvco"), "sim")
    assert config.schedule == Schedule()
    assert (config.policy.late_payment, config.policy.sell_while_in_doubt) == ("refund", False)
    assert (config.journal.path, config.journal.keep_days) == (NOWHERE / "journal.sqlite", 400)
    assert (config.web.host, config.web.port, config.web.token) == ("127.0.0.1", 8080, None)
    devices = config.hardware
    assert {devices.scanner.kind, devices.display.kind, devices.lights.kind, devices.buzzer.kind, devices.button.kind} == {"none"}
    assert config.warnings == ("scanner: there is none, so the box can only show codes, not scan them",)


def test_nothing_at_all_lacks_a_box_and_a_gateway() -> None:
    assert problems_of({}) == [
        "box: is missing; expected a table [box] with at least terminal_id",
        "gateways: is missing; expected at least one table [gateways.NAME]",
    ]


def test_every_problem_is_reported_at_once_each_on_a_line_with_its_key_and_what_is_expected() -> None:
    assert problems(
        """
        [web]
        listen = "8080"
        [box.extra]
        [timing]
        scan_s = 0
        [journal]
        keep_days = true
        """
    ) == [
        "box.extra: is not known here; expected one of terminal_id, store_id, store_name, currency, language, max_amount",
        "timing.scan_s: is 0; expected seconds, a number greater than 0 and not above 604800",
        "journal.keep_days: is true; expected days, a whole number from 1 to 36500",
        """web.listen: is '8080'; expected "ADDRESS:PORT" such as "127.0.0.1:8080", with a port up to 65535 (0: any free one)""",
    ]


def test_the_box_is_described_with_text_and_numbers() -> None:
    box = parse(
        {
            "box": {"terminal_id": 17, "store_id": 10000100, "store_name": "小店", "currency": "JPY", "language": "zh", "max_amount": 1},
            "gateways": {"g": {"kind": "simulated"}},
        },
        NOWHERE,
        {},
    ).box
    assert (box.terminal_id, box.store_id, box.store_name) == ("17", "10000100", "小店")
    assert (box.currency, box.language, box.max_amount) == ("JPY", "zh", 1)
    assert box.place.store_name == "小店"


@pytest.mark.parametrize(
    ("key", "value", "wrong"),
    [
        ("terminal_id", "", "is empty"),
        ("terminal_id", "  ", "is empty"),
        ("terminal_id", "box 1", "is too long or has characters that an id cannot have"),
        ("terminal_id", "x" * 33, "is too long or has characters that an id cannot have"),
        ("terminal_id", "ｂｏｘ", "is too long or has characters that an id cannot have"),
        ("terminal_id", "a\nb", "has characters that cannot be printed"),
        ("terminal_id", -1, "is a number"),
        ("terminal_id", 10**32, "is a number"),
        ("terminal_id", 1.5, "is a number"),
        ("terminal_id", True, "is true or false"),
        ("terminal_id", ["a"], "is an array"),
        ("terminal_id", {"a": 1}, "is a table"),
        ("terminal_id", date(2026, 1, 1), "is a date or time"),
        ("terminal_id", None, "is something else"),
        ("store_name", "x" * 65, "has 65 characters"),
        ("store_name", 5, "is a number"),
        ("currency", "cny", "is 'cny'"),
        ("currency", 156, "is 156"),
        ("language", "de", "is 'de'"),
        ("language", ["zh"], "is an array"),
        ("max_amount", 0, "is 0"),
        ("max_amount", 12.5, "is 12.5"),
        ("max_amount", True, "is true"),
        ("max_amount", "100", "is '100'"),
        pytest.param("max_amount", 10**5000, "is a huge number", id="huge"),
        ("max_amount", "9" * 500, "is '" + "9" * 39 + "…'"),
    ],
)
def test_a_wrong_value_in_box_is_named(key: str, value: object, wrong: str) -> None:
    (line,) = problems_of({"box": {"terminal_id": "a", key: value}, "gateways": {"g": {"kind": "simulated"}}})
    assert line.startswith(f"box.{key}: {wrong}; expected ")


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("[gateway.x]", "gateway: is not known here, did you mean gateways?; expected one of box, scanner"),
        ("[timing]\nscan = 3", "timing.scan: is not known here, did you mean scan_s?; expected one of scan_s, answer_s"),
        ("[policy]\nlate_payments = 'report'", "policy.late_payments: is not known here, did you mean late_payment?"),
        ("[gateways.m]\nkind = 'merchnt'", "gateways.m.kind: is 'merchnt', did you mean merchant?"),
        ("[policy]\n'a\\nb' = 1", "policy.'a\\\\nb': is not known here; expected"),
    ],
)
def test_a_slip_of_the_pen_is_met_with_a_guess(more: str, line: str) -> None:
    assert [found for found in problems(more) if found.startswith(line)]


@pytest.mark.parametrize(
    "name", ["box", "scanner", "display", "lights", "buzzer", "button", "tills", "gateways", "routes", "timing", "web"]
)
def test_a_value_in_the_place_of_a_table_is_named(name: str) -> None:
    data: dict[str, Any] = {**tomllib.loads(SMALLEST), name: 3}
    assert f"{name}: is 3; expected a table, [{name}]" in problems_of(data)


def test_policy_journal_and_web_take_what_they_are_given() -> None:
    config = read(
        """
        [policy]
        late_payment = "report"
        sell_while_in_doubt = true
        [journal]
        path = "/srv/journal.db"
        keep_days = 30
        [web]
        listen = "[::1]:80"
        """
    )
    assert (config.policy.late_payment, config.policy.sell_while_in_doubt) == ("report", True)
    assert (config.journal.path, config.journal.keep_days) == (Path("/srv/journal.db"), 30)
    assert (config.web.host, config.web.port) == ("::1", 80)


def test_the_journal_lies_where_systemd_lets_the_box_write() -> None:
    environ = {"STATE_DIRECTORY": "/var/lib/tillbox:/var/lib/other"}
    assert read(environ=environ).journal.path == Path("/var/lib/tillbox/journal.sqlite")
    assert read("[journal]\npath = 'a.db'", environ=environ).journal.path == Path("/var/lib/tillbox/a.db")
    assert read("[journal]\npath = '/x/a.db'", environ=environ).journal.path == Path("/x/a.db")


def test_a_file_is_loaded_and_paths_are_counted_from_it(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(SMALLEST)
    assert load(file, {}).journal.path == tmp_path / "journal.sqlite"
    assert isinstance(load(file), Config), "the process's own environment"


def only_problem(path: Path) -> Problem:
    with pytest.raises(ConfigProblems) as caught:
        load(path, {})
    (problem,) = caught.value.problems
    return problem


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    problem = only_problem(tmp_path / "no.toml")
    assert str(problem) == f"{tmp_path / 'no.toml'}: cannot be read (No such file or directory); expected a configuration file"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "Is a directory" in only_problem(tmp_path).wrong


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"[box]\nterminal_id box-1\n", "line 2, column 13: Expected '=' after a key in a key/value pair"),
        (b"[box", "end of document: Expected ']' at the end of a table declaration"),
        (b"[box]\n\n# \xff\n", "line 3: not UTF-8"),
        (b"a = " + b"[" * 5000, "is nested too deeply"),
        (b"a = " + b"9" * 5000, "Exceeds the limit"),
        (b"#" * 1_000_001, "is too large"),
    ],
)
def test_what_is_not_toml_is_said_with_its_place(tmp_path: Path, content: bytes, wrong: str) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(content)
    problem = only_problem(file)
    assert problem.wrong.startswith(wrong)
    assert str(file) in str(problem)


NAMES = [
    "box terminal_id store_id store_name currency language max_amount scanner display lights buzzer button kind device vendor product port",
    "baudrate interface bus address width height rotate contrast min_module_px green amber red active_high pin passive active_low tills",
    "gateways main base_url appid mch_id sub_mch_id key_file sign_type client_cert_file client_key_file ca_file auth key_id secret_file",
    "routes scan show default wechat alipay timing scan_s policy late_payment sell_while_in_doubt journal path keep_days web listen",
    "token_file mqtt host port tls username password_file topic client_id keepalive_s",
]
WORDS = [
    "simulated none gpio evdev serial http wechat merchant smart2pay keypad pulse signature bearer mtls main ssd1306 MD5 CNY zh refund",
    "credential:x 127.0.0.1:80 0.0.0.0:1 https://x.example http://[::1 /dev/null /dev/ttyACM0 ../x",
]
KEYS = st.one_of(st.sampled_from(" ".join(NAMES).split()), st.text(max_size=8))
VALUES = st.one_of(
    st.sampled_from(" ".join(WORDS).split()),
    st.text(max_size=8),
    st.integers(),
    st.integers(min_value=0, max_value=40),
    st.floats(),
    st.booleans(),
    st.dates(),
)
TREES = st.recursive(VALUES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=6)), max_leaves=30)


def found_in(data: dict[str, Any]) -> tuple[Problem, ...]:
    try:
        assert isinstance(parse(data, NOWHERE, {}), Config)
    except ConfigProblems as error:
        return error.problems
    return ()


@given(st.dictionaries(KEYS, TREES, max_size=8))
def test_nothing_comes_of_any_data_but_a_configuration_or_problems_of_one_line_each(data: dict[str, Any]) -> None:
    for problem in found_in(data):
        assert len(str(problem).splitlines()) == 1
        assert str(problem).isprintable()


@given(st.binary(max_size=200))
def test_nothing_comes_of_any_file_but_a_configuration_or_problems(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigProblems):
        load(file, {})
