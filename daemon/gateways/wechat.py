"""WeChat Pay, API v2: Quick Pay, query, revoke, refund; Native QR orders with close.

    [gateways.wechat]
    kind = "wechat"
    base_url = "https://api.mch.weixin.qq.com"      # or apihk., apius., or a sandbox; may end in a path

Pages: Submit Quick Pay 4013658162, query 4013658175, revoke 4013659173 (global docs v2), 4011937125, 4011935215, 4011937361
(mainland docs v2). Revoke and refund want the merchant's client certificate, the rest the API key alone; the certificate is
shown where it is wanted and nowhere else.

No request of this API carries the time: a box without a clock can sell (P11), as far as TLS believes the certificates.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable

from daemon.codes import AuthCode
from daemon.gateways import wechat_answers as answers
from daemon.gateways import wechat_xml
from daemon.gateways.base import Ability, Problem, refund_number
from daemon.gateways.certificate import check_certificate
from daemon.gateways.client import Client, Connect, Http, TlsSettings
from daemon.gateways.own_address import own_address
from daemon.gateways.settings import Place, WechatSettings
from daemon.gateways.signing_wechat import sign
from daemon.gateways.wechat_answers import Heard
from daemon.gateways.wechat_codes import CREDENTIALS
from daemon.payment import Attempt
from daemon.reply import GatewayError, Reply, Unclear
from daemon.timing import Schedule

# WeChat wants an address for its notification of a QR payment. The box polls and has none to offer; `.invalid` (RFC 2606) is
# nobody's, so nothing about a sale goes to a stranger.
NOTIFY_URL = "https://notify.tillbox.invalid/unused"

_BODY_BYTES = 127  # of `body`; 128 on the global page, 127 on the mainland one, and neither says whether it means characters
_SCENE_BYTES = 256  # of `scene_info`
_KEY_LENGTH = 32  # of an API key, set by the merchant platform
_KEPT_OUT = frozenset({400, 401, 403, 495, 496})  # nginx answers 400 (its inner 495 and 496) to a bad or missing certificate
_TELLTALES = ("签名", "sign", "appid", "mch_id", "mchid", "商户号", "key")
"""Words of an unsigned `return_msg` that mean wrong ids or key; the published ones are Chinese, acquirers write their own."""

Texts = dict[str, str]


def fresh_nonce() -> str:
    """32 characters, the most that `nonce_str` may have."""
    return secrets.token_hex(16)


class WechatGateway:
    """One merchant number at WeChat Pay, or at an acquirer that speaks its v2 API. Implements `base.Gateway`."""

    abilities = frozenset({Ability.SCAN, Ability.SHOW, Ability.REFUND, Ability.CLOSE})
    holds_queries = False
    repeats_creates = False

    def __init__(
        self,
        settings: WechatSettings,
        place: Place,
        schedule: Schedule,
        *,
        nonce: Callable[[], str] = fresh_nonce,
        local_ip: Callable[[], str] = own_address,
        connect: Connect = Client,
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._place = place
        self._schedule = schedule
        self._box = {"device_info": _cut(place.terminal_id, 32), "scene_info": _scene(place)}
        self._nonce = nonce
        self._local_ip = local_ip
        self._client = connect(settings.base_url, tls=TlsSettings(settings.ca_file))
        certified = TlsSettings(settings.ca_file, settings.client_cert_file, settings.client_key_file)
        self._certified = connect(settings.base_url, tls=certified)

    # --- what the runner asks ---

    async def submit(self, attempt: Attempt, auth_code: AuthCode) -> Reply:
        """Charge the payer's code; whatever comes back, the charge is never sent again."""
        order = {**self._order(attempt), "version": "1.0", "auth_code": auth_code.reveal()}
        heard = await self._ask(self._client, "/pay/micropay", order, self._schedule.answer_s)
        return answers.read_charge(heard, attempt, self._settings)

    async def create_qr(self, attempt: Attempt) -> Reply:
        """A Native order; its QR holds for two hours at WeChat, so it is closed when the box stops showing it."""
        order = {
            **self._order(attempt),
            "trade_type": "NATIVE",
            "product_id": attempt.out_trade_no,  # wanted for NATIVE; the box sells amounts, not products
            "notify_url": NOTIFY_URL,
        }
        heard = await self._ask(self._client, "/pay/unifiedorder", order, self._schedule.answer_s)
        return answers.read_create(heard, attempt, self._settings)

    async def query(self, attempt: Attempt, hold_s: float = 0.0) -> Reply:  # noqa: ARG002  # WeChat cannot hold a query
        """Asked by our own number only: where both are given, WeChat believes its own, and it is ours that must match."""
        heard = await self._ask(self._client, "/pay/orderquery", _number(attempt), self._schedule.reply_s)
        return answers.read_query(heard, attempt, self._settings)

    async def revoke(self, attempt: Attempt) -> Reply:
        """Close the order if unpaid, give the money back if paid. Not earlier than 15 s after the charge: the cycle sees to it."""
        heard = await self._ask(self._certified, "/secapi/pay/reverse", _number(attempt), self._schedule.reply_s)
        return answers.read_revoke(heard, attempt, self._settings)

    async def close(self, attempt: Attempt) -> Reply:
        """End an unpaid QR order. WeChat says that an order must be five minutes old for that, and does not name the code by
        which it would refuse; such an answer reads as UNKNOWN, is asked about and closed again."""
        heard = await self._ask(self._client, "/pay/closeorder", _number(attempt), self._schedule.reply_s)
        return answers.read_close(heard, attempt, self._settings)

    async def refund(self, attempt: Attempt) -> Reply:
        """The whole amount back, by the one refund number of this order: repeated, it is carried out once."""
        amount = str(attempt.amount.minor)
        refund = {
            **_number(attempt),
            "out_refund_no": refund_number(attempt),
            "total_fee": amount,
            "refund_fee": amount,
            "refund_fee_type": attempt.amount.currency,
        }
        heard = await self._ask(self._certified, "/secapi/pay/refund", refund, self._schedule.reply_s)
        return answers.read_refund(heard, attempt, self._settings)

    async def check(self) -> list[Problem]:
        """Certificate and key on disk; ids and API key by asking about an order that cannot exist; and whether WeChat's door
        opens to the certificate."""
        files = self._settings.client_cert_file, self._settings.client_key_file
        problems = await asyncio.to_thread(check_certificate, *files)
        if len(self._settings.key.reveal()) != _KEY_LENGTH:
            problems.append(Problem(f"the API key has not {_KEY_LENGTH} characters, as WeChat's have", blocking=False))
        credentials, door = await asyncio.gather(self._check_credentials(), self._check_door())
        return problems + credentials + door

    async def warm(self) -> None:
        await self._client.warm()

    async def aclose(self) -> None:
        await asyncio.gather(self._client.aclose(), self._certified.aclose())

    # --- how ---

    async def _check_credentials(self) -> list[Problem]:
        nobody = {"out_trade_no": f"check{self._nonce()}"[:32]}
        try:
            heard = await self._ask(self._client, "/pay/orderquery", nobody, self._schedule.reply_s)
        except answers.WronglySigned as error:
            return [Problem(f"{error}: is it the right API key and sign_type?", blocking=True)]
        except GatewayError as error:
            return [Problem(str(error), blocking=False)]
        return _objections(heard)

    async def _check_door(self) -> list[Problem]:
        """An empty GET where revokes go, which can do nothing but be let in. Under TLS 1.3 a refused certificate shows only in
        the answer (or as none), so what is seen here may have another cause: it is said, and blocks nothing."""
        try:
            answer = await self._certified.get("/secapi/pay/reverse", {}, self._schedule.reply_s)
        except Unclear as error:
            return [Problem(f"the client certificate may not be accepted: {error}", blocking=False)]
        except GatewayError:
            return []  # no connection at all: the query has said so
        if answer.status in _KEPT_OUT:
            return [Problem(f"the client certificate may not be accepted: HTTP status {answer.status}", blocking=False)]
        return []

    async def _ask(self, client: Http, path: str, texts: Texts, timeout_s: float) -> Heard:
        """The verified answer to one signed request. Raises NotSent, NoAnswer, Unintelligible."""
        answer = await client.post(path, wechat_xml.build(self._signed(texts)), {"Content-Type": "text/xml; charset=utf-8"}, timeout_s)
        return answers.hear(answer, self._settings)

    def _signed(self, texts: Texts) -> Texts:
        settings = self._settings
        fields = {"appid": settings.appid, "mch_id": settings.mch_id, **texts, "nonce_str": self._nonce(), "sign_type": settings.sign_type}
        if settings.sub_mch_id:
            fields["sub_mch_id"] = settings.sub_mch_id
        fields = {name: wechat_xml.sendable(value) for name, value in fields.items()}
        return {**fields, "sign": sign(fields, settings.key, settings.sign_type)}

    def _order(self, attempt: Attempt) -> Texts:
        """What a charge and a QR order have in common."""
        return {
            **_number(attempt),
            "body": _cut(attempt.description, _BODY_BYTES) or _cut(self._place.store_name, _BODY_BYTES) or "Payment",
            "total_fee": str(attempt.amount.minor),
            "fee_type": attempt.amount.currency,
            "spbill_create_ip": self._local_ip(),
            **self._box,
        }


def _number(attempt: Attempt) -> Texts:
    return {"out_trade_no": attempt.out_trade_no}


def _scene(place: Place) -> str:
    """Which shop, as JSON; the name gives way where it would be too long."""
    store = {"id": _cut(place.store_id, 32), "name": _cut(place.store_name, 128)}
    text = json.dumps({"store_info": {k: v for k, v in store.items() if v}}, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) <= _SCENE_BYTES:
        return text
    return json.dumps({"store_info": {"id": store["id"]}}, ensure_ascii=False, separators=(",", ":"))


def _cut(text: str, size: int) -> str:
    """As much of the text as fits `size` bytes of UTF-8, whole characters only, on one line."""
    line = " ".join(wechat_xml.sendable(text).split())
    return line.encode()[:size].decode(errors="ignore").strip()


def _objections(heard: Heard) -> list[Problem]:
    """What WeChat says against our credentials. ORDERNOTEXIST is the answer wanted: it proves them."""
    if heard.succeeded or heard.code == "ORDERNOTEXIST":
        return []
    telltale = heard.failed and any(word in heard.text.lower() for word in _TELLTALES)
    words = " ".join(dict.fromkeys(filter(None, (heard.code, heard.text))))
    return [Problem(f"WeChat answers: {words}", blocking=telltale or heard.code in CREDENTIALS)]
