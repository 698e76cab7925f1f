"""One sale by a QR, as the stories look at it: its order, its money, and what is on the panel."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from box_process import BoxProcess
from PIL import Image
from provider_thread import Provider


def number_of(payment: dict[str, Any]) -> str:
    """The number of its one order."""
    (order,) = payment["attempts"]
    number: str = order["out_trade_no"]
    return number


def order_of(provider: Provider, payment: dict[str, Any]) -> dict[str, Any]:
    """Its one order, as the provider's ledger has it."""
    return provider.order(number_of(payment))


def money(order: dict[str, Any]) -> tuple[int, int]:
    """What came in and what went back."""
    return order["money_in"], order["money_out"]


def qr_on_disk(box: BoxProcess, number: str) -> str | None:
    """The text of the QR, as it is stored for a restart."""
    (row,) = box.sql("SELECT json_extract(errand, '$.qr') AS qr FROM attempts WHERE out_trade_no = ?", number)
    qr: str | None = row["qr"]
    return qr


def read_panel(box: BoxProcess) -> list[str]:
    """The texts of the QR codes in the panel's own pixels, as `GET /v1/panel.png` tells them."""
    zxingcpp = pytest.importorskip("zxingcpp", reason="no QR decoder (zxing-cpp) is installed")
    picture = Image.open(BytesIO(box.get("/v1/panel.png").body)).convert("L")
    seen = picture.resize((picture.width * 4, picture.height * 4), Image.Resampling.NEAREST)
    return [code.text for code in zxingcpp.read_barcodes(seen)]


def until_panel_reads(box: BoxProcess, text: str | None) -> None:
    """Until that QR and no other can be read. The panel is drawn after the state is told, so for a moment it is still the last sale's."""
    box.until(lambda: read_panel(box) == [text])
