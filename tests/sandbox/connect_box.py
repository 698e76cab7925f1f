"""The vendor's own SDK, and a gateway with the order that both are about, for Connect's stand-in."""

from __future__ import annotations

from worldline.connect.sdk.authentication.v1hmac_authenticator import V1HMACAuthenticator
from worldline.connect.sdk.client import Client
from worldline.connect.sdk.communication.default_connection import DefaultConnection
from worldline.connect.sdk.communication.metadata_provider import MetadataProvider
from worldline.connect.sdk.communicator import Communicator
from worldline.connect.sdk.json.default_marshaller import DefaultMarshaller
from worldline.connect.sdk.v1.domain.create_payment_request import CreatePaymentRequest
from worldline.connect.sdk.v1.domain.refund_request import RefundRequest

from daemon.gateways.settings import ConnectSettings, Place
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Mode, OutTradeNo, State
from daemon.sandbox.server import Sandbox
from daemon.secret import Secret

NUMBER = OutTradeNo("TBOX1ABCDEFGHJKMNPQRSTVWXYZ")
PLACE = Place("box-1", "shop-7", "The Tea Shop")
ATTEMPT = Attempt(NUMBER, "connect", "wechat", Amount(Minor(1250), "CNY"), State.CREATING_QR, 0.0, description="Green tea", mode=Mode.SHOW)


def shown(trade_no: str | None, question: int = 1) -> Attempt:
    """The order while its QR is shown, at so many questions after it was made."""
    return ATTEMPT.but(state=State.PRESENTING_QR, trade_no=trade_no, sent_at=100.0, asked_at=100.0 + 3.0 * question)


def settings(sandbox: Sandbox) -> ConnectSettings:
    known = sandbox.connect
    return ConnectSettings(
        "connect",
        sandbox.base_url,
        known.merchant_id,
        known.api_key_id,
        Secret(known.secret),
        "CN",
        "203.0.113.7",
        known.webhook_key_id,
        Secret(known.webhook_secret),
        sandbox.ca_file,
    )


def sdk(sandbox: Sandbox, secret: str | None = None, merchant_id: str | None = None) -> tuple[Client, DefaultConnection]:
    """The SDK's client at this sandbox, and the connection to close."""
    connection = DefaultConnection(5, 5)
    session = connection._DefaultConnection__requests_session
    session.trust_env = False  # a CA bundle from the environment would take the place of ours
    session.verify = str(sandbox.ca_file)
    authenticator = V1HMACAuthenticator(sandbox.connect.api_key_id, secret or sandbox.connect.secret)
    communicator = Communicator(sandbox.base_url, connection, authenticator, MetadataProvider("tests"), DefaultMarshaller.instance())
    return Client(communicator), connection


def create_request(number: str = NUMBER, amount: int = 1250, currency: str = "CNY", **changes: object) -> CreatePaymentRequest:
    fields: dict[str, object] = {
        "order": {
            "amountOfMoney": {"amount": amount, "currencyCode": currency},
            "customer": {"billingAddress": {"countryCode": "CN"}},
            "references": {"merchantReference": number, "descriptor": "Green tea"},
        },
        "redirectPaymentMethodSpecificInput": {
            "paymentProductId": 863,
            "paymentProduct863SpecificInput": {"integrationType": "desktopQRCode"},
        },
        "fraudFields": {"customerIpAddress": "203.0.113.7"},
    }
    return CreatePaymentRequest().from_dictionary({**fields, **changes})


def refund_request(amount: int = 1250, currency: str = "CNY") -> RefundRequest:
    return RefundRequest().from_dictionary(
        {"amountOfMoney": {"amount": amount, "currencyCode": currency}, "refundReferences": {"merchantReference": f"{NUMBER}R"}}
    )
