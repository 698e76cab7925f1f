"""The benchmark of result to light measures what it says (benchmarks.result_to_light). Nothing is held to a time."""

from __future__ import annotations

from pathlib import Path

from benchmarks import result_to_light


def test_everybody_sells_in_every_round_and_every_result_lights_the_green_line(tmp_path: Path) -> None:
    samples = result_to_light.measure(tmp_path, 2, warm_up=0)
    assert {name: len(waits) for name, waits in samples.items()} == {
        "tillbox": 2,
        "script (pyserial, wechatpy)": 2,
        "floor (the answer is read, and not looked at)": 2,
        "one durable insert": 2,
    }
    assert all(wait > 0 for waits in samples.values() for wait in waits)
