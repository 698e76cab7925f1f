"""How often one may be wrong (`daemon.web.attempts`), by a clock that is an argument."""

from __future__ import annotations

import pytest

from daemon.web.attempts import _MOST, Attempts, source_of
from daemon.web.settings import Limits


@pytest.fixture
def attempts() -> Attempts:
    return Attempts(Limits())


def fail_while_allowed(attempts: Attempts, source: str, now: float) -> int:
    count = 0
    while attempts.wait_s(source, now) == 0:
        attempts.failed(source, now)
        count += 1
    return count


def test_five_at_once_then_one_in_ten_seconds(attempts):
    assert fail_while_allowed(attempts, "192.0.2.1", 1000.0) == 5
    assert attempts.wait_s("192.0.2.1", 1000.0) == 10
    assert attempts.wait_s("192.0.2.1", 1007.0) == pytest.approx(3)
    assert fail_while_allowed(attempts, "192.0.2.1", 1010.0) == 1
    assert fail_while_allowed(attempts, "192.0.2.1", 1060.0) == 5


def test_whoever_was_never_wrong_need_not_wait_for_others(attempts):
    fail_while_allowed(attempts, "192.0.2.1", 0.0)
    assert attempts.wait_s("192.0.2.2", 0.0) == 0


@pytest.mark.parametrize("begin", [0.0, 7.0, 1e6])
def test_over_all_there_are_at_most_thirty_in_any_minute(attempts, begin):
    count = sum(fail_while_allowed(attempts, f"192.0.2.{n}", begin + now / 4) for now in range(240) for n in range(8))
    assert 25 <= count <= 30


def test_everybody_waits_when_all_together_were_wrong_too_often(attempts):
    for n in range(10):
        fail_while_allowed(attempts, f"192.0.2.{n}", 0.0)
    assert attempts.wait_s("198.51.100.1", 0.0) == 4


def test_a_clock_that_stands_still_or_begins_anywhere_harms_nothing(attempts):
    attempts.failed("192.0.2.1", 500.0)
    assert attempts.wait_s("192.0.2.1", 400.0) == 0
    assert fail_while_allowed(attempts, "192.0.2.1", 400.0) == 4


def test_memory_is_bounded_and_forgets_nobody_who_must_still_wait(attempts):
    fail_while_allowed(attempts, "192.0.2.1", 0.0)
    now, source = 0.0, 0
    while attempts.wait_s("192.0.2.1", now) > 0 or now < 40:
        if attempts.wait_s(f"s{source}", now) == 0:
            attempts.failed(f"s{source}", now)
            source += 1
        assert "192.0.2.1" in attempts._sources
        now += 0.5
    for n in range(3 * _MOST):
        attempts.failed(f"t{n}", now + 4 * n)
    assert len(attempts) == _MOST


@pytest.mark.parametrize(
    ("remote", "source"),
    [
        ("192.168.1.7", "192.168.1.7"),
        ("::1", "::1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.9", "192.0.2.9"),
        (None, "unknown"),
        ("", "unknown"),
        ("a\nb", "unknown"),
    ],
)
def test_a_source_is_an_address_or_a_network_of_one_machine(remote, source):
    assert source_of(remote) == source
