"""WeChat Pay's v2 answers: first whether one can be believed, then what it says about the order. No I/O.

An answer has two layers. `return_code` says whether the call itself worked; when it did not, there is nothing but
`return_msg`, which nobody signed: such an answer proves nothing, so it reads as unknown whatever it says. `result_code` says
whether the business did; both it and the ids are signed. Source: "Correct result judgment", global docs v2, 4013665647.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from daemon.gateways import wechat_codes as codes
from daemon.gateways import wechat_xml
from daemon.gateways.base import refund_number
from daemon.gateways.client import Answer
from daemon.gateways.settings import WechatSettings
from daemon.gateways.signing_wechat import is_signed
from daemon.gateways.wechat_codes import Meanings
from daemon.masking import masked
from daemon.payment import Attempt
from daemon.reply import Claim, Reply, Unintelligible, Verdict, judge_paid

_AMOUNT = re.compile(r"[0-9]{1,12}")
_QR_MAX = 512  # characters; the published limit of code_url is 64

Fields = Mapping[str, str]


class WronglySigned(Unintelligible):
    """Well-formed, and not signed with the key that this box holds."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer whose signature holds, or (`failed`) the unsigned word that the call did not work."""

    fields: Fields
    failed: bool

    @property
    def succeeded(self) -> bool:
        return not self.failed and self.fields["result_code"] == "SUCCESS"

    @property
    def code(self) -> str:
        """WeChat's own code; of a failed call the message, which is all there is."""
        return masked(self.fields.get("return_msg") or "FAIL")[:32] if self.failed else masked(self.fields.get("err_code", ""))[:32]

    @property
    def text(self) -> str:
        return masked(self.fields.get("return_msg" if self.failed else "err_code_des", ""))


def hear(answer: Answer, settings: WechatSettings) -> Heard:
    """The answer's fields, verified. Raises Unintelligible where they prove nothing."""
    if answer.status != 200:
        raise Unintelligible(f"HTTP status {answer.status}")
    try:
        fields = wechat_xml.parse(answer.body)
    except ValueError as error:
        raise Unintelligible(f"the answer is no message: {error}") from error
    if "return_code" not in fields:
        raise Unintelligible("the answer has no return_code")
    if fields["return_code"] != "SUCCESS":
        return Heard(fields, failed=True)
    if not is_signed(fields, settings.key, settings.sign_type):
        raise WronglySigned("the answer is not signed with this merchant's key" if fields.get("sign") else "the answer is not signed")
    if fields.get("result_code") not in ("SUCCESS", "FAIL"):
        raise Unintelligible("the answer has no result_code")
    return Heard(fields, failed=False)


def read_charge(heard: Heard, attempt: Attempt, settings: WechatSettings) -> Reply:
    """To /pay/micropay."""
    if heard.succeeded:
        return _paid(heard, attempt, settings)
    _about_us(heard, attempt, settings)
    return _by_code(heard, codes.CHARGE)


def read_query(heard: Heard, attempt: Attempt, settings: WechatSettings) -> Reply:
    """To /pay/orderquery. That the query succeeded says nothing; `trade_state` decides."""
    state = heard.fields.get("trade_state", "")
    if heard.succeeded and state == "SUCCESS":
        return _paid(heard, attempt, settings)
    _about_us(heard, attempt, settings)
    if not heard.succeeded:
        return _by_code(heard, codes.QUERY)
    meaning = codes.TRADE_STATE.get(state, codes.Meaning(Verdict.UNKNOWN))
    text = masked(heard.fields.get("trade_state_desc", ""))
    return Reply(meaning.verdict, masked(state)[:32], text, _trade_no(heard), refusal=meaning.refusal)


def read_revoke(heard: Heard, attempt: Attempt, settings: WechatSettings) -> Reply:
    """To /secapi/pay/reverse. `recall` Y always means: not done, call again."""
    _about_us(heard, attempt, settings)
    if heard.failed or heard.fields.get("recall") == "Y":
        return Reply(Verdict.REVOKE_AGAIN, heard.code or "recall", heard.text, _trade_no(heard))
    if heard.succeeded:
        return Reply(Verdict.REVOKED, "SUCCESS", "", _trade_no(heard))
    return _by_code(heard, codes.REVERSE, otherwise=Verdict.REVOKE_AGAIN)


def read_refund(heard: Heard, attempt: Attempt, settings: WechatSettings) -> Reply:
    """To /secapi/pay/refund. Success means accepted: WeChat then carries it out."""
    _about_us(heard, attempt, settings)
    if not heard.succeeded:
        return _by_code(heard, codes.REFUND)
    _same(heard, "out_refund_no", refund_number(attempt))
    _same(heard, "refund_fee", str(attempt.amount.minor))
    return Reply(Verdict.REFUNDED, "SUCCESS", "", _trade_no(heard))


def read_create(heard: Heard, attempt: Attempt, settings: WechatSettings) -> Reply:
    """To /pay/unifiedorder. `qr` is None where the order stands and WeChat gave nothing to show."""
    _about_us(heard, attempt, settings)
    if not heard.succeeded:
        return _by_code(heard, codes.CREATE)
    qr = heard.fields.get("code_url", "")
    return Reply(Verdict.QR, "SUCCESS", "", qr=qr if 0 < len(qr) <= _QR_MAX else None)


def read_close(heard: Heard, attempt: Attempt, settings: WechatSettings) -> Reply:
    """To /pay/closeorder."""
    _about_us(heard, attempt, settings)
    return Reply(Verdict.CLOSED, "SUCCESS") if heard.succeeded else _by_code(heard, codes.CLOSE)


def _by_code(heard: Heard, meanings: Meanings, otherwise: Verdict = Verdict.UNKNOWN) -> Reply:
    """What the code says by that table; an unsigned or unknown one says nothing."""
    meaning = None if heard.failed else meanings.get(heard.code)
    if meaning is None:
        return Reply(otherwise, heard.code, heard.text, _trade_no(heard))
    return Reply(meaning.verdict, heard.code, heard.text, _trade_no(heard), refusal=meaning.refusal)


def _paid(heard: Heard, attempt: Attempt, settings: WechatSettings) -> Reply:
    """PAID only for this very order (P6): nothing of the claim may be missing but the currency, which WeChat leaves out for CNY."""
    fields = heard.fields
    minor = fields.get("total_fee", "")
    claim = Claim(
        out_trade_no=fields.get("out_trade_no"),
        minor=int(minor) if _AMOUNT.fullmatch(minor) else None,
        currency=fields.get("fee_type") or "CNY",
        merchant_matches=all(fields.get(name, "") == value for name, value in _ids(settings).items()),
    )
    return judge_paid(attempt, claim, code="SUCCESS", trade_no=_trade_no(heard))


def _about_us(heard: Heard, attempt: Attempt, settings: WechatSettings) -> None:
    """Raises Unintelligible where the answer names another merchant or order: whatever it says, it does not say it of ours.

    What it leaves out is not held against it: errors often come without the order's number."""
    if heard.failed:
        return
    for name, value in {**_ids(settings), "out_trade_no": attempt.out_trade_no}.items():
        _same(heard, name, value)


def _same(heard: Heard, name: str, value: str) -> None:
    if heard.fields.get(name) not in (None, "", value):
        raise Unintelligible(f"the answer is about another {name}")


def _ids(settings: WechatSettings) -> dict[str, str]:
    return {"appid": settings.appid, "mch_id": settings.mch_id, "sub_mch_id": settings.sub_mch_id or ""}


def _trade_no(heard: Heard) -> str | None:
    """WeChat's own number; 32 characters at most where it keeps its rules."""
    return None if heard.failed else heard.fields.get("transaction_id", "")[:64] or None
