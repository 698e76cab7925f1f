"""What GlobalPay says, in the shape of the published samples (WeChat POS and Alipay POS), with made-up ids and credentials."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from daemon.gateways.settings import Place, Smart2paySettings
from daemon.money import Amount, Minor
from daemon.payment import Attempt, OutTradeNo, State
from daemon.secret import Secret

KEY = "k+y/0="
NUMBER = OutTradeNo("20260101T0001A1")
PLACE = Place("T8999", "ZA2345", "Palace Mall")
ATTEMPT = Attempt(NUMBER, "s2p", "wechat", Amount(Minor(1250), "CNY"), State.CREATING_QR, 0.0, description="Green tea")
SHOWN = ATTEMPT.but(state=State.PRESENTING_QR, trade_no="4116540")
QR = "weixin://wxpay/bizpayurl?pr=qXY38eE"
PAGE = "https://pay.example/Home?PaymentToken=73EF92D30E6E3D90ED2E9FE4A9238FC3.4116540"

SETTINGS = Smart2paySettings(
    "s2p",
    base_url="http://127.0.0.1:1",
    site_id="30201",
    api_key=Secret(KEY),
    method_id=1066,
    return_url="https://shop.example/thanks",
    email="till@shop.example",
    country="CN",
    token_lifetime=10,
)
ALIPAY = replace(SETTINGS, method_id=24)


def payment(status: int | str | None = 1, **changes: Any) -> dict[str, Any]:
    """A payment as its creation answers it: the amount is text."""
    whole = {
        "ID": 4116540,
        "SkinID": None,
        "Created": "20181009113622",
        "MerchantTransactionID": NUMBER,
        "OriginatorTransactionID": None,
        "Amount": "1250",
        "Currency": "CNY",
        "CapturedAmount": None,
        "ReturnURL": "https://shop.example/thanks",
        "MethodID": 1066,
        "SiteID": 30201,
        "NotificationDateTime": None,
        "Customer": {"ID": 340, "Email": "till@shop.example"},
        "BillingAddress": {"ID": 291, "Country": "CN"},
        "Details": None,
        "ReferenceDetails": {"BankCode": None, "QRCodeURL": QR, "Instructions": None},
        "Status": {"ID": status, "Info": "as the table says", "Reasons": None},
        "MethodTransactionID": None,
        "TokenLifetime": 10,
        "RedirectURL": PAGE,
    }
    return {**whole, **changes}


def not_made(code: int | str, info: str) -> dict[str, Any]:
    """The first kind of 400: refused before there was a record."""
    nothing = dict.fromkeys(("ID", "Created", "SiteID", "Customer", "BillingAddress", "ReferenceDetails", "TokenLifetime", "RedirectURL"))
    return payment(**nothing, Status={"ID": None, "Info": None, "Reasons": [{"Code": code, "Info": info}]})


def failed(code: int | str, info: str) -> dict[str, Any]:
    """The second kind: it failed, and a record of that stays."""
    nothing = dict.fromkeys(("Customer", "BillingAddress", "ReferenceDetails", "TokenLifetime", "RedirectURL"))
    reasons = [{"Code": code, "Info": info}]
    status = {"ID": 4, "Info": "Failed", "Reasons": reasons}
    return payment(**nothing, ID=4117087, NotificationDateTime="20181009125002", Status=status)


def listed(status: int = 1, **changes: Any) -> dict[str, Any]:
    """A payment as a list shows it: without its QR code, and much else."""
    nothing = dict.fromkeys(("Customer", "BillingAddress", "ReferenceDetails", "TokenLifetime", "RedirectURL", "MethodID"))
    return payment(status, **{**nothing, **changes})


def refund(status: int | None = 1, **changes: Any) -> dict[str, Any]:
    whole = {
        "ID": 266,
        "SiteID": 30201,
        "MerchantTransactionID": f"{NUMBER}R",
        "InitialPaymentID": 4116540,
        "Amount": 1250,
        "Currency": "CNY",
        "TypeID": 1,
        "Status": {"ID": status, "Info": "as the table says", "Reasons": []},
    }
    return {**whole, **changes}


def body(name: str, value: object) -> bytes:
    return json.dumps({name: value}, ensure_ascii=False).encode()
