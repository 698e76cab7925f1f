"""How long the links are that a gateway's provider wants shown as a QR, and whether the panel does them justice.

A QR of two pixels a module is read in nearly all simulated photographs; one of a single pixel in fewer, and from nearer
(docs/panels.md). So an operator is told before the first payer stands there with a phone that finds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.gateways.settings import (
    CbtisSettings,
    ConnectSettings,
    GatewaySettings,
    MerchantSettings,
    SimulatedSettings,
    Smart2paySettings,
    WechatSettings,
)
from daemon.qr import Panel, most_bytes

READ_BY_MOST_PX = 2


@dataclass(frozen=True, slots=True)
class Length:
    """Bytes of the usual link, or None where nobody says; and where that is known from."""

    usual: int | None
    source: str


# weixin://wxpay/bizpayurl?pr=... with seven to nine characters after it; 54 bytes would already be another size of QR.
_WECHAT = Length(35, "as WeChat Pay's documents show its links")

LENGTHS: dict[type, Length] = {
    WechatSettings: _WECHAT,
    MerchantSettings: Length(None, "the backend chooses its links"),
    SimulatedSettings: Length(37, "as its own links are"),
    Smart2paySettings: Length(35, "as in both samples of the vendor's page"),
    CbtisSettings: Length(None, "CBTIS does not say; its one sample has 27 bytes"),
    ConnectSettings: Length(35, "if its picture holds WeChat Pay's own link, which is not documented"),
}

_ALIPAY_POS = 24
_HOSTED_PAGE = Length(88, "the hosted page, as in the vendor's sample: this method brings no link of its own")
_NO_LINK = Length(None, "the vendor's sample of this method brings no link; fallback_redirect_url shows a page of some 88 bytes")


def link_length(settings: GatewaySettings) -> Length:
    if isinstance(settings, Smart2paySettings) and settings.method_id == _ALIPAY_POS:
        return _HOSTED_PAGE if settings.fallback_redirect_url else _NO_LINK
    return LENGTHS[type(settings)]


def why_hard_to_read(length: Length, panel: Panel) -> str:
    """What an operator should know of such links on that panel; empty where the usual one reaches two pixels a module."""
    good, most = most_bytes(panel, max(READ_BY_MOST_PX, panel.min_module_px)), most_bytes(panel)
    if length.usual is None:
        return f"the length of its links is not known ({length.source}); {_room(panel, good, most)}"
    if length.usual <= good:
        return ""
    how = "cannot be shown" if length.usual > most else "has less than two pixels a module, which fewer phones read"
    return f"its usual link of {length.usual} bytes ({length.source}) {how}; {_room(panel, good, most)}; see docs/panels.md"


def _room(panel: Panel, good: int, most: int) -> str:
    size = f"{panel.width}x{panel.height}"
    if not most:
        return f"{size} pixels hold none"
    well = f"up to {good} bytes have two" if good else "none has two"
    return f"on {size} pixels {well}, up to {most} can be shown"
