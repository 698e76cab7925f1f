"""`[tills.NAME]` of machines without staff: `daemon.tables.machines`, `daemon.tables.till`, and their pins (`daemon.tables.pins`)."""

from __future__ import annotations

import pytest
from config_data import problems, read

from daemon.goods import Ware
from daemon.tables.machines import PulseTillSettings
from daemon.tables.till import TillSettings
from hw.settings import PulseSettings

PULSE = """
[tills.machine]
kind = "pulse"
price = 500
value_per_pulse = 100
output = "gpio"
pin = 17
"""


def pulse(**keys: str) -> str:
    """The table with other values, in the words of the file; "" leaves a key out."""
    lines = dict(line.split(" = ", 1) for line in PULSE.splitlines() if " = " in line) | keys
    return "[tills.machine]\n" + "\n".join(f"{key} = {value}" for key, value in lines.items() if value) + "\n"


def warnings(text: str) -> list[str]:
    return [warning for warning in read(text).warnings if warning.startswith("tills.")]


def test_a_till_that_is_nothing_special_acknowledges_nothing_and_gives_nothing() -> None:
    till = TillSettings("http")
    assert (till.acknowledges, till.ware, till.is_unattended, till.priority) == (False, None, False, 0)


def test_a_pulse_till_as_it_is_written_and_what_is_usual() -> None:
    till = read(PULSE).tills["machine"]
    assert till == PulseTillSettings("machine", price=500, value_per_pulse=100, line=PulseSettings("gpio", pin=17))
    assert (till.ware, till.is_unattended, till.priority) == (Ware("pulse", 100), True, -1)
    assert (till.line.on_ms, till.line.off_ms, till.line.active_low, till.line.inhibit_active_low) == (100, 250, False, True)


def test_every_key_of_a_pulse_till() -> None:
    more = {
        "active_low": "true",
        "pin": "4",
        "on_ms": "50",
        "off_ms": "300",
        "inhibit_pin": "6",
        "inhibit_active_low": "false",
        "priority": "2",
    }
    till = read(pulse(**more, prices="{ 13 = 300, 19 = 700 }")).tills["machine"]
    assert isinstance(till, PulseTillSettings)
    assert till.line == PulseSettings("gpio", 4, True, 50, 300, 6, False, (13, 19))
    assert (dict(till.prices), till.priority) == ({13: 300, 19: 700}, 2)


def test_product_buttons_stand_in_for_a_fixed_price() -> None:
    till = read(pulse(price="", prices="{ 13 = 300 }")).tills["machine"]
    assert isinstance(till, PulseTillSettings)
    assert (till.price, dict(till.prices)) == (None, {13: 300})


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"price": "550"}, "price: is 550, no multiple of value_per_pulse; expected a multiple of 100"),
        ({"prices": "{ 13 = 150 }"}, "prices.13: is 150, no multiple of value_per_pulse; expected a multiple of 100"),
        ({"price": "200_000"}, "price: is 200000, more than box.max_amount; expected at most 100000"),
        ({"value_per_pulse": "1"}, "price: is 500 pulses; expected at most 200"),
        ({"price": ""}, "price: is missing; expected minor units, a whole number from 1 to 99999999999; or prices by product buttons"),
        ({"value_per_pulse": ""}, "value_per_pulse: is missing; expected minor units, a whole number from 1 to 99999999999"),
        ({"pin": ""}, "pin: is missing; expected a BCM number from 0 to 27"),
        ({"output": ""}, 'output: is missing; expected one of "gpio", "simulated"'),
        ({"on_ms": "2"}, "on_ms: is 2; expected milliseconds, a whole number from 5 to 10000"),
        ({"inhibit_pin": "17"}, "inhibit_pin: is 17, the pin that tills.machine.pin takes; expected a BCM number that nothing else has"),
        ({"prices": "{ 17 = 300 }"}, "prices.17: is 17, the pin that tills.machine.pin takes; expected a BCM number that nothing else has"),
        ({"baudrate": "9600"}, "baudrate: is not known here; expected one of kind, price, prices"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_said_with_its_key(keys: dict[str, str], line: str) -> None:
    (said,) = problems(pulse(**keys))
    assert said.startswith(f"tills.machine.{line}")


@pytest.mark.parametrize("prices", ["{}", "{ x = 3 }", "{ 007 = 300 }", "{ 99 = 300 }", "{ 5 = 1.5 }", "[300]", "300"])
def test_prices_are_a_table_by_pins(prices: str) -> None:
    (said,) = problems(pulse(prices=prices))
    assert said.startswith("tills.machine.prices: ")
    assert "such as { 5 = 300, 6 = 500 }" in said


@pytest.mark.parametrize(("pin", "low", "pulled"), [(17, True, "down"), (4, False, "up")])
def test_a_pin_that_is_pulled_the_wrong_way_at_power_up_is_warned_of(pin: int, low: bool, pulled: str) -> None:
    (warning,) = warnings(pulse(pin=str(pin), active_low=str(low).lower()))
    assert warning.startswith(f"tills.machine.pin: is pulled {pulled} until the box runs")
    assert warnings(pulse(pin=str(pin), active_low=str(not low).lower())) == []


def test_a_pin_of_the_lights_is_no_pin_of_a_machine() -> None:
    lights = '[lights]\nkind = "gpio"\ngreen = 17\namber = 27\nred = 22\n'
    (said,) = problems(lights + PULSE)
    assert said == "tills.machine.pin: is 17, the pin that lights.green takes; expected a BCM number that nothing else has"
    assert read(lights + pulse(output='"simulated"')).tills, "a simulated line takes none"


def test_a_machine_may_not_be_called_as_a_part_of_the_box_is() -> None:
    (said,) = problems(PULSE.replace("tills.machine", "tills.scanner"))
    assert said.startswith("tills.scanner.kind: its line would be reported as 'scanner'")
