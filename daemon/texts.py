"""Every text that people read on the panel or get as `reason.text` and `not_ready`, in English and Chinese.

The texts are short because the panel is small: a test draws each of them at 128 x 64 in both languages. Where a smaller panel
needs fewer words still, `short` has them. What programs read (codes, names of screens) is not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from daemon.view import NoticeKind, Outage, Part


class Language(str, Enum):
    """Spelled as `[box] language` spells it."""

    EN = "en"
    ZH = "zh"

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Text:
    """One thing to say. `short` is for panels on which the whole does not fit; empty where nothing shorter says it."""

    en: str
    zh: str
    short_en: str = ""
    short_zh: str = ""

    def say(self, language: Language) -> str:
        return self.zh if language is Language.ZH else self.en

    def say_short(self, language: Language) -> str:
        return (self.short_zh or self.zh) if language is Language.ZH else (self.short_en or self.en)


@dataclass(frozen=True, slots=True)
class Why:
    """What went wrong, and what the reader can do about it."""

    why: Text
    do: Text


# What the reader can do.
CALL_STAFF = Text("Please call staff", "请联系店员", "Call staff")
OTHER_CARD = Text("Try another card", "请换卡支付", "Other card")
OTHER_WAY = Text("Please pay another way", "请换方式支付", "Pay another way", "请换方式")
OPEN_CODE = Text("Open the payment code in your wallet", "请打开付款码", "Open payment code", "打开付款码")
REFRESH_CODE = Text("Refresh your code and show it again", "请刷新付款码", "Refresh your code", "刷新付款码")
SHOW_AGAIN = Text("Please show your code again", "请再出示付款码", "Show code again", "再次出示")
START_AGAIN = Text("Please start again", "请重新开始", "Start again")
DO_NOT_PAY_AGAIN = Text("Do not pay again", "请勿重复付款")
NO_CHARGE = Text("You were not charged", "您未被扣款", "Not charged")
MONEY_RETURNS = Text("Any charge is returned", "如已扣款将退回", "Charge is returned", "扣款将退回")

# What a screen says by itself.
READY = Text("Ready", "准备就绪")
STARTING = Text("Starting", "正在启动")
STOPPED = Text("Closed", "暂停使用")
PLEASE_WAIT = Text("Please wait", "请稍候")
SHOW_CODE = Text("Show your payment code", "请出示付款码", "Show code", "付款码")
SCAN_QR = Text("Scan to pay", "扫码付款", "Scan", "扫码")
CONFIRM = Text("Confirm on your phone", "请在手机上确认", "Confirm on phone", "手机上确认")
CANCELLING = Text("Cancelling", "正在取消")
PAID = Text("Paid", "支付成功", "", "已付")
THANK_YOU = Text("Thank you", "谢谢惠顾")
REFUSED = Text("Not paid", "支付失败")
EXPIRED = Text("Time is up", "已超时")
CANCELLED = Text("Cancelled", "已取消")
REVOKED = Text("Payment undone", "已撤销", "Undone")
REFUNDED = Text("Refunded", "已退款")
MONEY_BACK = Text("Your money goes back to you", "款项将原路退回", "Money returned", "款项退回")
IN_DOUBT = Text("Not sure if paid", "结果未确认", "Unsure", "待确认")
NOT_READY = Text("Out of service", "暂停服务", "No service")
NOT_SET_UP = Text("Not set up", "尚未设置")
RUN_CHECK = Text("Run: tillbox check", "请运行 check", "tillbox check")
WRONG_CODE = Text("Wrong code", "付款码不对", "", "码不对")
TRY_AGAIN = Text("Try again", "请再试一次")
NOT_SENT = Text("No connection", "网络不通", "Offline")

OUTAGES: dict[Part, Text] = {
    Part.SCANNER: Text("Scanner missing", "扫码器未连接", "No scanner", "无扫码器"),
    Part.DISPLAY: Text("Display missing", "显示屏未连接", "No display", "无显示屏"),
    Part.LIGHTS: Text("Lights not working", "指示灯故障", "No lights"),
    Part.BUZZER: Text("Buzzer not working", "蜂鸣器故障", "No buzzer"),
    Part.BUTTON: Text("Button not working", "按钮故障", "No button"),
    Part.GOODS: Text("Machine not ready", "机器未就绪", "Not ready"),
    Part.TILL: Text("Till not connected", "收银机未连接", "No till"),
    Part.GATEWAY: Text("No payment network", "支付网络不通", "No network", "网络不通"),
    Part.CREDENTIALS: Text("Certificate problem", "证书有误", "Certificate"),
    Part.CLOCK: Text("Clock not set", "时钟未校准"),
    Part.JOURNAL: Text("Cannot store sales", "交易无法保存", "No journal", "无法保存"),
}

DOUBTS = Text("{count} payments unclear", "{count}笔结果未确认", "{count} unclear", "{count}笔待查")
ONE_DOUBT = Text("1 payment unclear", "1笔结果未确认", "1 unclear", "1笔待查")

# What a till of the box's own says between payments.
AMOUNT = Text("Amount", "金额")
PRESS_ENTER = Text("Enter: ask for it", "按确认键收款", "Enter: ask", "按确认键")
OFFERED_BOTH = Text("Press the button or show your code", "请按按钮或出示付款码", "Button or code", "按钮或付款码")
OFFERED_BUTTON = Text("Press the button to ask for it", "请按按钮收款", "Press button", "请按按钮")
LAST = Text("Last payment", "上一笔", "Last")

# Why what was typed, or pressed, was not taken, by the detail of its notice.
NOT_TAKEN: dict[str, Why] = {
    "too_much": Why(
        Text("More than is allowed", "超过最高金额", "Too much", "超过上限"), Text("Esc clears it", "按清除键重输", "Esc clears")
    ),
    "zero": Why(Text("The amount is zero", "金额为零", "Zero"), Text("Type an amount", "请输入金额")),
    "decimals": Why(Text("No more decimals", "小数位已满", "Decimals"), Text("+ × or Enter", "请按 + × 或确认", "+ × Enter", "+ × 确认")),
    "too_long": Why(Text("Too many digits", "数字过长"), Text("Esc clears it", "按清除键重输", "Esc clears")),
    "count": Why(
        Text("× takes a whole number", "× 只能用整数", "Whole number", "需为整数"),
        Text("Type 3 × 2.50", "例如 3 × 2.50", "3 × 2.50", "3 × 2.50"),
    ),
    "incomplete": Why(Text("A number is missing", "缺少数字", "Incomplete"), Text("Type it, or Esc", "请补全或清除", "Type or Esc")),
    "no_last": Why(Text("Nothing sold yet", "尚无交易"), Text("Type an amount", "请输入金额")),
    "num_lock": Why(Text("Num Lock is off", "数字锁已关"), Text("Press Num Lock", "请按 Num Lock", "Num Lock", "NumLock")),
    "no_key": Why(Text("That key does nothing", "此键无效", "No such key"), Text("Type an amount", "请输入金额")),
    "lost_keys": Why(Text("Some keys were lost", "按键丢失", "Keys lost"), Text("Type it again", "请重新输入", "Again")),
    "busy": Why(Text("A payment is open", "有未完成的付款", "Busy", "付款中"), Text("Wait, or press Esc", "请等待或取消", "Wait or Esc")),
    "busy_other": Why(Text("Another till is selling", "他机正在收款", "Busy", "占用中"), PLEASE_WAIT),
    "doubt": Why(Text("A payment is unclear", "有未确认的付款", "Unclear"), Text("See to it first", "请先处理", "See to it")),
    "changed": Why(Text("The total has changed", "金额已变"), Text("Please try again", "请再试一次", "Try again")),
    "not_ready": Why(Text("The box cannot sell", "暂时无法收款", "Cannot sell"), CALL_STAFF),
    "not_stored": Why(OUTAGES[Part.JOURNAL], CALL_STAFF),
}

# By what the code was (daemon.codes.Kind).
WRONG_CODES: dict[str, Text] = {
    "product": Text("A product barcode", "这是商品条码"),
    "receive": Text("A code for receiving", "这是收款码"),
    "url": Text("A web link", "这是网址二维码"),
    "merchant_qr": Text("A shop's QR code", "这是商户收款码"),
    "unknown": Text("Not a payment code", "这不是付款码"),
}

NO_ROUTE = Text("{scheme} not taken", "不支持{scheme}", "Not taken", "不支持")
OTHER_WALLET = Text("Please use another wallet", "请使用其他钱包", "Other wallet", "请换钱包")

# By the scheme's name (daemon.codes.SCHEMES); "" is for one that is not among them.
SCHEMES: dict[str, Text] = {
    "wechat": Text("WeChat", "微信支付"),
    "alipay": Text("Alipay", "支付宝"),
    "unionpay": Text("UnionPay", "云闪付"),
    "emvco": Text("EMV code", "EMV付款码"),
    "": Text("This wallet", "该钱包"),
}

NOTICES: dict[NoticeKind, Why] = {
    NoticeKind.WRONG_CODE: Why(WRONG_CODES["unknown"], OPEN_CODE),
    NoticeKind.SCAN_AGAIN: Why(Text("Code was not read", "未能识别"), SHOW_AGAIN),
    NoticeKind.NO_ROUTE: Why(NO_ROUTE, OTHER_WALLET),
    NoticeKind.NOT_SENT: Why(NO_CHARGE, SHOW_AGAIN),
    NoticeKind.NOT_STORED: Why(OUTAGES[Part.JOURNAL], CALL_STAFF),
    NoticeKind.NOT_TAKEN: NOT_TAKEN["not_ready"],
}

GENERAL = Why(Text("Payment was refused", "付款被拒绝", "Refused", "被拒绝"), OTHER_WAY)
"""For a code that is not in `REASONS`; a screen shows the code itself, for the staff."""

_LIMITED = Why(Text("Refused by the wallet", "钱包拒绝付款"), OTHER_WAY)
_OURS = Why(Text("Box is not set up right", "设备配置有误", "Setup problem"), CALL_STAFF)
_NUMBER = Why(Text("Order could not be used", "订单无法使用", "Order problem"), START_AGAIN)

REASONS: dict[str, Why] = {
    # the wallet's, which the payer can mend
    "AUTHCODEEXPIRE": Why(Text("Your code has expired", "付款码已过期", "Code expired"), REFRESH_CODE),
    "AUTH_CODE_ERROR": Why(Text("Code used or not valid", "付款码无效", "Code not valid"), REFRESH_CODE),
    "AUTH_CODE_INVALID": Why(Text("Not a payment code", "这不是付款码"), OPEN_CODE),
    "NOTENOUGH": Why(Text("Not enough money", "余额不足"), OTHER_CARD),
    "NOTSUPORTCARD": Why(Text("Card not accepted", "不支持该银行卡", "", "卡不支持"), OTHER_CARD),
    # the wallet's, which nobody can mend now
    "BUYER_MISMATCH": _NUMBER,
    "OUT_TRADE_NO_USED": _NUMBER,
    "ORDERCLOSED": _NUMBER,
    "ORDERREVERSED": _NUMBER,
    "TRADE_ERROR": _LIMITED,
    "RULELIMIT": _LIMITED,
    "RISKCONTROL": _LIMITED,
    # the merchant's configuration, or a fault of this program
    **dict.fromkeys(
        (
            "NOAUTH",
            "APPID_NOT_EXIST",
            "MCHID_NOT_EXIST",
            "APPID_MCHID_NOT_MATCH",
            "SIGNERROR",
            "PARAM_ERROR",
            "LACK_PARAMS",
            "XML_FORMAT_ERROR",
            "NOT_UTF8",
            "REQUIRE_POST_METHOD",
            "INVALID_REQUEST",
        ),
        _OURS,
    ),
    # the box's own (daemon.cycle)
    "scan_timeout": Why(Text("No code was shown", "未出示付款码"), START_AGAIN),
    "restarted": Why(Text("The box was restarted", "设备已重启", "Restarted"), NO_CHARGE),
    "cancelled": Why(NO_CHARGE, START_AGAIN),
    "not_sent": Why(Text("No connection", "网络不通"), SHOW_AGAIN),
    "timeout": Why(Text("No answer in time", "等待结果超时"), MONEY_RETURNS),
    "closed_by_provider": Why(Text("Order was closed", "订单已关闭"), START_AGAIN),
    "revoke_refused": Why(Text("Could not be undone", "撤销未成功"), CALL_STAFF),
    "revoke_unconfirmed": Why(Text("Undoing not confirmed", "撤销未确认", "Not confirmed"), CALL_STAFF),
    "mismatch": Why(Text("The answer is not right", "返回信息不符", "Wrong answer"), CALL_STAFF),
    "paid_late": Why(Text("The payment came late", "付款到账过晚", "Paid late"), CALL_STAFF),
    "paid_twice": Why(Text("Perhaps paid twice", "可能重复付款", "Paid twice?"), CALL_STAFF),
    "goods_failed": Why(Text("Nothing was handed over", "未能出货", "No goods given"), MONEY_RETURNS),
    "refused": GENERAL,
    # of payments by a shown QR code
    "qr_timeout": Why(Text("Nobody paid in time", "未在限时内付款", "Not paid in time"), START_AGAIN),
    "create_unclear": Why(Text("Order is not certain", "下单结果未知"), START_AGAIN),
    "no_qr": Why(Text("No QR code was given", "未取得二维码", "No QR code"), OTHER_WAY),
    "qr_unreadable": Why(Text("QR code does not fit", "二维码无法显示", "QR too large"), OTHER_WAY),
}


def why(code: str) -> Why:
    """What to say of a reason's code, the provider's or our own."""
    return REASONS.get(code, GENERAL)


def reason_text(code: str, language: Language) -> str:
    """The reason and the advice as one text, for `reason.text`: ``Not enough money. Try another card.``"""
    told = why(code)
    stop = "。" if language is Language.ZH else "."
    parts = (told.why.say(language) + stop, told.do.say(language) + stop)
    return ("" if language is Language.ZH else " ").join(parts)


def outage_text(outage: Outage, language: Language) -> str:
    """What is missing, for `not_ready` and the log: ``Scanner missing (/dev/ttyACM0: no such device)``."""
    inner = ": ".join(part for part in (outage.name, outage.detail) if part)
    said = OUTAGES[outage.part].say(language)
    return f"{said} ({inner})" if inner else said
