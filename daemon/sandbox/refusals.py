"""WeChat's error codes as the sandbox uses them: who could do something about each, and the text that goes with it.

Source: the error tables of WeChat Pay API v2 for micropay, orderquery, reverse and refund. The merchant backend passes them
through as reasons.
"""

from __future__ import annotations

from enum import Enum


class Who(str, Enum):
    """Who can do something about an error."""

    PAYER = "payer"  # a fresh code or another card
    NOBODY = "nobody"  # definite, for this time
    MERCHANT = "merchant"  # configuration or program of the merchant
    UNCLEAR = "unclear"  # not even an error: the outcome is open

    __str__ = str.__str__


REFUSALS: dict[str, tuple[Who, str]] = {
    "SYSTEMERROR": (Who.UNCLEAR, "系统超时"),
    "BANKERROR": (Who.UNCLEAR, "银行系统异常"),
    "USERPAYING": (Who.UNCLEAR, "需要用户输入支付密码"),
    "AUTHCODEEXPIRE": (Who.PAYER, "二维码已过期，请用户在微信上刷新后再试"),
    "AUTH_CODE_ERROR": (Who.PAYER, "授权码参数错误"),
    "AUTH_CODE_INVALID": (Who.PAYER, "授权码检验错误"),
    "NOTENOUGH": (Who.PAYER, "余额不足"),
    "NOTSUPORTCARD": (Who.PAYER, "不支持卡类型"),
    "TRADE_ERROR": (Who.NOBODY, "101 交易错误"),
    "RULELIMIT": (Who.NOBODY, "交易金额或次数超出限制"),
    "BUYER_MISMATCH": (Who.NOBODY, "支付帐号错误"),
    "ORDERPAID": (Who.NOBODY, "订单已支付"),
    "ORDERCLOSED": (Who.NOBODY, "订单已关闭"),
    "ORDERREVERSED": (Who.NOBODY, "订单已撤销"),
    "OUT_TRADE_NO_USED": (Who.NOBODY, "商户订单号重复"),
    "ORDERNOTEXIST": (Who.NOBODY, "此交易订单号不存在"),
    "INVALID_TRANSACTIONID": (Who.NOBODY, "无效transaction_id"),
    "REVERSE_EXPIRE": (Who.NOBODY, "订单无法撤销"),
    "TRADE_STATE_ERROR": (Who.NOBODY, "订单状态错误"),
    "REFUND_FEE_MISMATCH": (Who.NOBODY, "订单金额或退款金额与之前请求不一致"),
    "268449641": (Who.NOBODY, "付款码支付订单不支持关单，请使用撤销"),
    "NOAUTH": (Who.MERCHANT, "商户无权限"),
    "APPID_NOT_EXIST": (Who.MERCHANT, "APPID不存在"),
    "MCHID_NOT_EXIST": (Who.MERCHANT, "MCHID不存在"),
    "APPID_MCHID_NOT_MATCH": (Who.MERCHANT, "appid和mch_id不匹配"),
    "SIGNERROR": (Who.MERCHANT, "签名错误"),
    "PARAM_ERROR": (Who.MERCHANT, "参数错误"),
    "LACK_PARAMS": (Who.MERCHANT, "缺少参数"),
    "XML_FORMAT_ERROR": (Who.MERCHANT, "XML格式错误"),
    "NOT_UTF8": (Who.MERCHANT, "编码格式错误"),
    "INVALID_REQUEST": (Who.MERCHANT, "无效请求"),
    "REQUIRE_POST_METHOD": (Who.MERCHANT, "请使用post方法"),
}


def text_of(code: str) -> str:
    """What the provider writes beside the code; for an unlisted one, something that says nothing."""
    return REFUSALS[code][1] if code in REFUSALS else "未知错误"


def who_of(code: str) -> Who:
    """Who can do something about it; an unlisted code leaves the outcome open."""
    return REFUSALS[code][0] if code in REFUSALS else Who.UNCLEAR
