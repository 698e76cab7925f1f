"""What WeChat Pay's v2 codes mean to the box, call by call, as data. A code that is in no table means UNKNOWN.

Sources: the error tables of the v2 pages (micropay 4011937125, orderquery 4011935215, reverse 4011937361, and those of refund,
unifiedorder and closeorder); RULELIMIT, RISKCONTROL and USERPAYING on reverse were only seen in the field.

A refusal here is not yet believed: WeChat itself says that a FAIL on a charge may hide a debit (page 4013665647), so the
cycle confirms it by a query. What is refused *because of the order number* is not a refusal at all: our numbers are unique, so
that answer means that our own order is there already, in whatever state, and must be asked about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from daemon.reply import Refusal, Verdict


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the box concludes from a code, and with REFUSED who can do something about it."""

    verdict: Verdict
    refusal: Refusal | None = None


Meanings = Mapping[str, Meaning]

_UNKNOWN: Final = Meaning(Verdict.UNKNOWN)
_PAYER: Final = Meaning(Verdict.REFUSED, Refusal.PAYER)
_FINAL: Final = Meaning(Verdict.REFUSED, Refusal.FINAL)
_OURS: Final = Meaning(Verdict.REFUSED, Refusal.OURS)
_NOT_KNOWN: Final = Meaning(Verdict.NOT_KNOWN)
_CLOSED: Final = Meaning(Verdict.CLOSED)
_AGAIN: Final = Meaning(Verdict.REVOKE_AGAIN)
_NEVER: Final = Meaning(Verdict.REVOKE_REFUSED)
_NO_REFUND: Final = Meaning(Verdict.REFUND_REFUSED)

CREDENTIALS: Final = frozenset({"NOAUTH", "APPID_NOT_EXIST", "MCHID_NOT_EXIST", "APPID_MCHID_NOT_MATCH", "SIGNERROR"})
"""Wrong ids, key or contract: no sale can work with them."""

_SOFTWARE: Final = frozenset(
    {"PARAM_ERROR", "LACK_PARAMS", "XML_FORMAT_ERROR", "POST_DATA_EMPTY", "NOT_UTF8", "REQUIRE_POST_METHOD", "INVALID_REQUEST"}
)
"""Our request was wrong: a fault of this program, or a text in the configuration that WeChat does not take."""

_OUR_FAULTS: Final = CREDENTIALS | _SOFTWARE

CHARGE: Final[Meanings] = {
    "SYSTEMERROR": _UNKNOWN,
    "BANKERROR": _UNKNOWN,
    "USERPAYING": Meaning(Verdict.CONFIRMING),
    "AUTHCODEEXPIRE": _PAYER,
    "AUTH_CODE_ERROR": _PAYER,
    "AUTH_CODE_INVALID": _PAYER,
    "NOTENOUGH": _PAYER,
    "NOTSUPORTCARD": _PAYER,  # spelled so
    "BUYER_MISMATCH": _FINAL,
    "ORDERCLOSED": _FINAL,  # the order is dead; the confirming query proves it
    "ORDERREVERSED": _FINAL,  # the same: our revoke overtook the charge
    "TRADE_ERROR": _FINAL,
    "RULELIMIT": _FINAL,
    "RISKCONTROL": _FINAL,
    "ORDERPAID": _UNKNOWN,  # about our own number: never a plain no
    "OUT_TRADE_NO_USED": _UNKNOWN,  # the same
    **dict.fromkeys(_OUR_FAULTS, _OURS),
}

CREATE: Final[Meanings] = {
    "SYSTEMERROR": _UNKNOWN,
    "ORDERPAID": _UNKNOWN,
    "OUT_TRADE_NO_USED": _UNKNOWN,
    "ORDERCLOSED": _FINAL,
    "NOTENOUGH": _FINAL,
    "TRADE_ERROR": _FINAL,
    **dict.fromkeys(_OUR_FAULTS, _OURS),
}

TRADE_STATE: Final[Meanings] = {
    # SUCCESS is not here: it must first prove that it is what was asked (`daemon.reply.judge_paid`)
    "USERPAYING": Meaning(Verdict.CONFIRMING),
    "ACCEPT": Meaning(Verdict.CONFIRMING),  # the payer has agreed, the bank has not debited yet
    "NOTPAY": Meaning(Verdict.UNPAID),
    "PAYERROR": _FINAL,
    "REVOKED": _CLOSED,
    "CLOSED": _CLOSED,
    "REFUND": Meaning(Verdict.REFUNDED),
}

QUERY: Final[Meanings] = {
    "ORDERNOTEXIST": _NOT_KNOWN,  # right after an unanswered charge no proof of anything; the cycle knows
    "SYSTEMERROR": _UNKNOWN,
    **dict.fromkeys(_OUR_FAULTS, _UNKNOWN),  # says nothing about the order
}

REVERSE: Final[Meanings] = {
    "SYSTEMERROR": _AGAIN,
    "USERPAYING": _AGAIN,  # the payer is just confirming
    "INVALID_TRANSACTIONID": _NOT_KNOWN,
    "ORDERNOTEXIST": _NOT_KNOWN,
    "REVERSE_EXPIRE": _NEVER,  # older than seven days: refund
    "TRADE_ERROR": _NEVER,  # account or risk rule: a person must look
    # INVALID_REQUEST is "too frequent", "called twice" or the certificate; the rest is our set-up, which can be mended: an order
    # must not be let go for either, even where the answer says that asking again is no use.
    **dict.fromkeys(_OUR_FAULTS, _AGAIN),
}

REFUND: Final[Meanings] = {
    "SYSTEMERROR": _UNKNOWN,
    "BIZERR_NEED_RETRY": _UNKNOWN,
    "FREQUENCY_LIMITED": _UNKNOWN,
    "INVALID_REQ_TOO_MUCH": _UNKNOWN,
    "NOTENOUGH": _UNKNOWN,  # the merchant's balance: works once it is topped up
    "CERT_ERROR": _UNKNOWN,  # works once it is mended, like our other faults below
    "ERROR": _NO_REFUND,
    "TRADE_OVERDUE": _NO_REFUND,  # older than a year
    "USER_ACCOUNT_ABNORMAL": _NO_REFUND,
    "TRADE_STATE_ERROR": _NO_REFUND,
    "REFUND_FEE_MISMATCH": _NO_REFUND,
    "REFUND_FEE_INVALID": _NO_REFUND,
    "INVALID_TRANSACTIONID": _NO_REFUND,
    "ORDERNOTEXIST": _NO_REFUND,
    **dict.fromkeys(_OUR_FAULTS, _UNKNOWN),
}

CLOSE: Final[Meanings] = {
    "ORDERCLOSED": _CLOSED,
    "ORDERPAID": _UNKNOWN,  # the query says what was paid, and proves it
    "ORDERNOTEXIST": _NOT_KNOWN,
    "SYSTEMERROR": _UNKNOWN,
    **dict.fromkeys(_OUR_FAULTS, _UNKNOWN),
}
