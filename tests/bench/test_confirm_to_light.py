"""The benchmark of confirm to light measures what it says (benchmarks.confirm_to_light). Only physics is asserted."""

from __future__ import annotations

from pathlib import Path

from benchmarks import confirm_to_light

RTT_S = 0.02


def test_held_queries_are_answered_over_the_line_and_wallets_are_asked_until_they_know(tmp_path: Path) -> None:
    samples = confirm_to_light.measure(tmp_path, 2, 2, RTT_S, 0.5)
    assert {name: len(waits) for name, waits in samples.items()} == {
        "tillbox, held query": 2,
        "floor (open socket, held query)": 2,
        "one durable insert": 2,
        "tillbox, asks every 0.5 s": 2,
        "script (wechatpy), asks every 0.5 s": 2,
    }
    half_ms = RTT_S * 1000 / 2
    assert min(samples["tillbox, held query"]) >= half_ms
    assert min(samples["floor (open socket, held query)"]) >= half_ms
    assert min(samples["tillbox, asks every 0.5 s"]) >= half_ms
    assert min(samples["script (wechatpy), asks every 0.5 s"]) >= half_ms
