"""A real box, as a process, for whoever holds it against docs/api.yaml: everything simulated, and large amounts allowed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "stories"))
from box_process import BoxProcess
from provider_thread import Provider

LARGEST_AMOUNT = 99_999_999_999


@contextmanager
def selling(directory: Path) -> Iterator[BoxProcess]:
    """The box, started; gone afterwards, and with exit code 0."""
    tables = {
        "box": {"max_amount": LARGEST_AMOUNT},
        "scanner": {"kind": "simulated"},
        "tills.http": {"kind": "http"},
        "tills.pad": {"kind": "keypad", "device": "simulated"},
        "gateways.wechat": None,
        "gateways.merchant": None,
        "gateways.sim": {"kind": "simulated"},
        "routes": {"scan.wechat": "sim", "scan.alipay": "sim", "show": "sim"},
        "timing": {"scan_s": 0.5, "qr_s": 0.5},
        "policy": {"sell_while_in_doubt": True},
    }
    with Provider(directory / "sandbox", tls=False) as provider:
        box = BoxProcess(directory / "box", provider, tables, scanner=False)
        try:
            yield box.start()
            assert box.stop() == 0
        finally:
            box.finish()
