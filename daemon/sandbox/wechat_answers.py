"""What the WeChat stand-in says: the fields of its answers, from what the ledger knows and the scenario wants."""

from __future__ import annotations

import datetime as dt

from daemon.sandbox.ledger import Demand, Order
from daemon.sandbox.refusals import text_of
from daemon.sandbox.scenario import Lie, Standing
from daemon.sandbox.wechat_wire import Fields, Refused

AnswerFields = dict[str, str | int]

PROVIDER = "wechat"
_BEIJING = dt.timezone(dt.timedelta(hours=8))

# trade_state of an order that stands so. ABSENT has none: ORDERNOTEXIST.
TRADE_STATE = {
    Standing.UNPAID: "NOTPAY",
    Standing.CONFIRMING: "USERPAYING",
    Standing.ACCEPTED: "ACCEPT",
    Standing.FAILED: "PAYERROR",
    Standing.PAID: "SUCCESS",
    Standing.CLOSED: "CLOSED",
    Standing.REVOKED: "REVOKED",
    Standing.REFUNDED: "REFUND",
}

# What a charge is answered while the order stands so, where the scenario names no code of its own.
CHARGE_CODE = {
    Standing.UNPAID: "USERPAYING",
    Standing.CONFIRMING: "USERPAYING",
    Standing.ACCEPTED: "USERPAYING",
    Standing.FAILED: "TRADE_ERROR",
    Standing.CLOSED: "ORDERCLOSED",
    Standing.REVOKED: "ORDERREVERSED",
    Standing.REFUNDED: "ORDERREVERSED",
    Standing.ABSENT: "SYSTEMERROR",
}

# What a charge is answered whose number was used before, by how that order stands.
USED_CODE = {
    Standing.PAID: "ORDERPAID",
    Standing.CLOSED: "ORDERCLOSED",
    Standing.REVOKED: "ORDERREVERSED",
    Standing.REFUNDED: "ORDERREVERSED",
}


def paid(order: Order, paid_at: dt.datetime) -> AnswerFields:
    """What an answer says about a paid order; `paid_at` with zone."""
    return {
        "openid": "oSandboxPayer0000000000000001",
        "is_subscribe": "N",
        "trade_type": "NATIVE" if order.shown else "MICROPAY",
        "bank_type": "OTHERS",
        "fee_type": order.currency,
        "total_fee": order.amount_minor,
        "cash_fee": order.amount_minor,
        "cash_fee_type": order.currency,
        "transaction_id": order.trade_no,
        "out_trade_no": order.number,
        "time_end": paid_at.astimezone(_BEIJING).strftime("%Y%m%d%H%M%S"),
        **attached(order),
    }


def done() -> AnswerFields:
    """It was carried out, and there is no more to say."""
    return {"result_code": "SUCCESS"}


def demand(asked: Fields) -> Demand:
    """What a charge or a QR order asks for; its fields were checked."""
    extras = tuple((name, asked[name]) for name in ("attach", "body", "sub_mch_id") if asked.get(name))
    currency = asked.get("fee_type") or "CNY"
    return Demand(PROVIDER, asked["mch_id"], asked["out_trade_no"], int(asked["total_fee"]), currency, extras)


def is_same(order: Order, asked: Fields) -> bool:
    """Whether a request for a QR order repeats the one that made this order."""
    again = demand(asked)
    return (order.amount_minor, order.currency, order.extras) == (again.amount_minor, again.currency, again.extras)


def attached(order: Order) -> AnswerFields:
    """What the merchant sent along to get back with every answer about the order."""
    return {name: value for name, value in order.extras if name == "attach"}


def qr_made(order: Order) -> AnswerFields:
    """The answer to a QR order."""
    return {
        "result_code": "SUCCESS",
        "trade_type": "NATIVE",
        "prepay_id": f"wx{order.trade_no}",
        "code_url": f"weixin://wxpay/bizpayurl?pr={order.trade_no[-9:]}",
    }


def refunded(order: Order, asked: Fields) -> AnswerFields:
    """The answer to a refund that was carried out."""
    amount = int(asked["refund_fee"])
    return {
        "result_code": "SUCCESS",
        "transaction_id": order.trade_no,
        "out_trade_no": order.number,
        "out_refund_no": asked["out_refund_no"],
        "refund_id": f"5{order.trade_no[1:]}",
        "refund_fee": amount,
        "total_fee": order.amount_minor,
        "fee_type": order.currency,
        "cash_fee": order.amount_minor,
        "cash_refund_fee": amount,
    }


def failed(code: str, detail: str = "") -> AnswerFields:
    """The call was understood and not carried out, or (SYSTEMERROR and the like) perhaps not."""
    text = f"{text_of(code)} {detail}".strip()
    return {"result_code": "FAIL", "err_code": code, "err_code_des": text[:128]}


def undone(code: str, *, again: bool | None, detail: str = "") -> AnswerFields:
    """The answer to a revoke; without a code it says that it was carried out, or (`again`) not yet."""
    fields: AnswerFields = failed(code, detail) if code else {"result_code": "SUCCESS"}
    return {**fields, "recall": "Y" if again else "N"}


def unsigned(refused: Refused) -> AnswerFields:
    """The call itself failed: the whole answer, which nobody signs."""
    text = f"{text_of(refused.code)} {refused.detail}".strip()
    return {"return_code": "FAIL", "return_msg": text[:128], "err_code": refused.code, "err_code_des": text[:128]}


def lying(fields: AnswerFields, lie: Lie) -> AnswerFields:
    """The answer with one thing false, where it says anything about that thing."""
    if lie is Lie.AMOUNT and isinstance(total := fields.get("total_fee"), int):
        return {**fields, "total_fee": total + 1, "cash_fee": total + 1}
    if lie is Lie.CURRENCY and "fee_type" in fields:
        return {**fields, "fee_type": "USD" if fields["fee_type"] != "USD" else "CNY"}
    if lie is Lie.MERCHANT:
        return {**fields, "mch_id": "1000000001"}
    if lie is Lie.NUMBER and "out_trade_no" in fields:
        return {**fields, "out_trade_no": "ANOTHERNUMBER"}
    if lie is Lie.EXTRA_FIELDS:
        return {"A_field": "1 < 2 & 3", **fields, "promotion_detail": '{"promotion_detail":[]}', "z_new": "新字段 ]]> end"}
    if lie is Lie.ZERO_FIELDS:
        return {**fields, "coupon_fee": 0, "coupon_count": 0, "settlement_total_fee": 0}
    return fields
