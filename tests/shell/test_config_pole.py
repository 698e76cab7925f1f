"""`[tills.NAME] kind = "pole"` in the configuration (`daemon.tables.poles`)."""

from __future__ import annotations

import pytest
from config_data import problems, read

from daemon.tables.poles import PoleTillSettings

POLE = "[tills.pole]\nkind = 'pole'\n"
PORT = "port = '/dev/ttyUSB0'\n"


@pytest.mark.parametrize(
    ("keys", "settings"),
    [
        ("", PoleTillSettings("pole", port="/dev/ttyUSB0", baudrate=9600, dialect="auto", confirm=True, point="shown")),
        ("dialect = 'led8'", PoleTillSettings("pole", port="/dev/ttyUSB0", baudrate=2400, dialect="led8", point="implied")),
        (
            "dialect = 'led8'\nbaudrate = 9600\npoint = 'shown'\nconfirm = false",
            PoleTillSettings("pole", port="/dev/ttyUSB0", dialect="led8", confirm=False),
        ),
        ("words = 'Betrag'", PoleTillSettings("pole", port="/dev/ttyUSB0", words=("Betrag",))),
        ("words = ['Betrag', '金额']", PoleTillSettings("pole", port="/dev/ttyUSB0", words=("Betrag", "金额"))),
        (r"total_pattern = '\* *([0-9.,]+)'", PoleTillSettings("pole", port="/dev/ttyUSB0", total_pattern=r"\* *([0-9.,]+)")),
    ],
)
def test_a_display_is_heard_as_it_is_configured(keys: str, settings: PoleTillSettings) -> None:
    assert read(POLE + PORT + keys).tills == {"pole": settings}
    assert settings.acknowledges is False


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("dialect = 'epson'", 'dialect: is \'epson\'; expected one of "auto", "cd5220", "escpos", "dsp800", "led8"'),
        ("confirm = 'no'", "confirm: is 'no'; expected true or false"),
        ("baudrate = 100", "baudrate: is 100"),
        ("point = 'none'", "point: is 'none'"),
        ("words = []", "words: is an array of 0"),
        ("total_pattern = '([0-9]+'", "total_pattern: is no regular expression: "),
        ("total_pattern = '[0-9]+'", "total_pattern: has 0 groups; expected a regular expression whose only group is the amount"),
        ("total_pattern = '(a)(b)'", "total_pattern: has 2 groups"),
        ("words = 'x'\ntotal_pattern = '(x)'", "words: are not the only way to find the total; expected either words, or total_pattern"),
        ("crc = 'required'", "crc: is not known here"),
    ],
)
def test_what_is_wrong_with_it(keys: str, line: str) -> None:
    (told,) = problems(POLE + PORT + keys)
    assert told.startswith(f"tills.pole.{line}")


def test_it_needs_a_port_of_its_own() -> None:
    assert problems(POLE) == ["tills.pole.port: is missing; expected a path such as /dev/ttyACM0"]
    serial = "[tills.counter]\nkind = 'serial'\nport = '/dev/ttyUSB0'\n"
    assert problems(serial + POLE + PORT) == ["tills.pole.port: is that of till counter as well; expected a port of its own"]
    scanner = "[scanner]\nkind = 'serial'\nport = '/dev/ttyUSB0'\n"
    assert problems(scanner + POLE + PORT) == ["tills.pole.port: is the scanner's as well; expected a port of its own"]
