"""The factory gives each kind its gateway, and loads nothing that was not asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from daemon.gateways.factory import build
from daemon.gateways.settings import (
    CbtisSettings,
    ConnectSettings,
    GatewaySettings,
    MerchantSettings,
    Place,
    SimulatedSettings,
    Smart2paySettings,
    WechatSettings,
)
from daemon.secret import Secret
from daemon.timing import Schedule

PLACE = Place("box-1", "shop-7", "The Tea Shop")
NO_FILE = Path("missing.pem")


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (WechatSettings("a", "https://127.0.0.1:1", "wx1", "19", Secret("k" * 32), "MD5", NO_FILE, NO_FILE), "WechatGateway"),
        (MerchantSettings("b", "https://127.0.0.1:1", "bearer", secret=Secret("made up")), "MerchantGateway"),
        (SimulatedSettings("c"), "SimulatedGateway"),
        (
            Smart2paySettings("d", "https://127.0.0.1:1", "1", Secret("k"), 1066, "https://a.example", "a@b.example", "CN", 10),
            "Smart2payGateway",
        ),
        (CbtisSettings("e", "https://127.0.0.1:1", "39", Secret("s"), Secret("k"), "wechat", "qrcode"), "CbtisGateway"),
        (ConnectSettings("f", "https://127.0.0.1:1", "1234", "k", Secret("s"), "CN"), "ConnectGateway"),
    ],
)
async def test_each_kind_has_its_gateway(settings: GatewaySettings, kind: str) -> None:
    """Built without a network and without the certificate's files: both are looked at when they are needed."""
    gateway = build(settings, PLACE, Schedule())
    assert (type(gateway).__name__, gateway.name) == (kind, settings.name)
    await gateway.aclose()


def test_a_simulated_gateway_needs_no_http_library() -> None:
    """Memory and start-up: aiohttp alone is some 25 MB."""
    program = (
        "import sys\n"
        "from daemon.gateways.factory import build\n"
        "from daemon.gateways.settings import Place, SimulatedSettings\n"
        "from daemon.timing import Schedule\n"
        "build(SimulatedSettings('c'), Place('b', 's', 'n'), Schedule())\n"
        "print({'aiohttp', 'defusedxml', 'cryptography'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == "set()"
