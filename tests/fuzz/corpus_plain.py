"""Seeds written by hand, for everything that no provider says: made up, each for what it shows."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import segno
from corpus_broker import broker
from corpus_counter import counter
from fuzz_promises import CODE
from fuzz_provider import NUMBER

ROOT = Path(__file__).resolve().parents[2]

_CODES = (
    "130000000000000017",
    "280000000000000000",
    "301111111111111111111111",
    "6200000000000000000",
    "6901234567892",
    "]E06901234567892",
    "]Q3130000000000000017",
    "]C0130000000000000017",
    "000201010212",
    "wxp://f2f0made-up",
    "https://qr.alipay.com/made-up",
    "www.example.org",
    "hQVDUFYwMWETTwegAAAAVVV",
    "hQVDUFYwMQ==",
    "１３００００００００００００００１７",
    " 130000000000000017\r\n",
    "\ud8001",
)


def plain() -> Iterator[tuple[str, str, bytes]]:
    """Target, name, input."""
    for number, code in enumerate(_CODES):
        yield "codes", f"code-{number:02}", code.encode("utf-8", "surrogatepass")
    for name, data in {**_lines(), "all-kinds": b"".join(_lines().values())}.items():
        yield "scanner-lines", name, data
    for name, data in _keys().items():
        yield "scanner-keys", name, data
    for name, data in _reports().items():
        yield "scanner-reports", name, data
    for name, text in _DESCRIPTORS.items():
        yield "scanner-descriptor", name, bytes.fromhex(text)
    yield from _messages()
    yield from _echoes()
    yield from _bodies()
    for name, data in _SERIAL.items():
        yield "serial-till", name, data
    yield from counter()
    for name, data in _MDB.items():
        yield "mdb", name, data
    yield from broker()
    yield from _pictures()
    yield from _configurations()


_SERIAL = {
    "pay": b'{"v":1,"t":"pay","ref":"A1B2-0042","amt":1250,"cur":"CNY","ttl":60}*1D42\r\n',
    "pay-all": '{"t":"pay","ref":"A-1","amt":5,"mode":"show","scheme":"alipay","description":"茶 * 2"}\n'.encode(),
    "others": b'{"t":"got","seq":3}*2EFD\n{"t":"status","ref":"A-1"}\n{"t":"cancel","ref":"A-1"}\n{"t":"last"}\n{"t":"hello"}*C7EE\n',
    "plain": b"PAY 12.50\r\nCANCEL\r\nLAST\r\nPAY 1250*0000\r\n",
    "wrong": b'{"v":2,"t":"pay","ref":"130000000000000017 ","amt":1.5,"130000000000000017":1}\n{"t":["pay"]}\n{"t":"got","seq":"1"}\n',
    "echo": b'{"t":"ack","ref":"A-1"}\n{"t":"error","code":"busy"}\nOK\nNOT PAID expired\n',
    "cut": b'{"t":"pay","re\n%%\nf":"A-1","amt":5}\n%%\n\r\n\n%%\n{"t":"hel\n',
    "noise": b"\x00\xff\xfe\n*\n*1234\n}\n{}*\n{}*12\n\t \n",
    "long": b"x" * 2047 + b"\n" + b"y" * 1900 + b"\n",
}

_SET_UP = b"c,STATUS,INACTIVE\nc,SET,OK\nc,STATUS,INACTIVE\nc,STATUS,ENABLED\n"
_MDB = {
    "sold": _SET_UP + b"c,STATUS,VEND,1.50,7\n!approve\nc,VEND,SUCCESS\nc,STATUS,IDLE\nc,STATUS,ENABLED\n",
    "stuck": _SET_UP + b"c,STATUS,VEND,1.50,7\nc,STATUS,VEND,1.50,7\n!approve\nc,STATUS,IDLE\nc,ERR,VEND 3\n!approve\n",
    "denied": _SET_UP + b"c,STATUS,VEND,655.35\n!deny\nc,STATUS,ENABLED\nc,STATUS,VEND,1.505,130000000000000017\n",
    "session": _SET_UP + b"!begin\n!time\nc,STATUS,IDLE,5.00\nc,STATUS,VEND,5.00,1\nc,STATUS,VEND,3.00,2\n!end\nc,STATUS,ENABLED\n",
    "resets": _SET_UP + b'c,STATUS,VEND,1.50,7\n!approve\nv,4.0\nc,ERR,"cashless is off"\nc,ERR,"cashless is on"\n!time\n!time\n',
    "away": _SET_UP + b"c,STATUS,VEND,1.50,7\n!lost\nc,VEND,SUCCESS\n!opened\n!time\n!time\nv,4.0\n",
    "cut": b"c,STATUS,INAC\n%%\nTIVE\nc,SE\n%%\nT,OK\r\n\n%%\n",
    "noise": b"\x00\xff\xfe\nc,\nc,STATUS\nc,STATUS,VEND\nC,VEND,1\n" + b"c" * 300 + b"\nc,SET,OK\n",
}


def _chunk(data: bytes, pause: int = 0) -> bytes:
    return bytes([pause | min(len(data), 62) << 2]) + data[:62]


def _lines() -> dict[str, bytes]:
    code = b"130000000000000017"
    return {
        "code": _chunk(code + b"\r\n"),
        "halves": _chunk(code[:9]) + _chunk(code[9:] + b"\r"),
        "silence": _chunk(code[:9]) + _chunk(code[9:] + b"\r", pause=3),
        "framed": _chunk(b"\x02" + code + b"\x03"),
        "reply": _chunk(code[:4] + b"\x02\x00\x00\x01\x00\x33\x31" + code[4:] + b"\t"),
        "noise": _chunk(b"13\xff" + code + b"\r") + _chunk(code + b"\r", pause=3),
        "long": _chunk(b"1" * 62) * 9 + _chunk(b"\r" + code + b"\r"),
        "forgotten": _chunk(code[:5]) + bytes([63 << 2]) + code + b"\r" + b"0" * 40 + _chunk(code + b"\r", pause=3),
    }


_DESCRIPTORS = {
    "usual": "058c0902a1010912a1028502150026ff00750895010501093b81029503058c09fb09fc09fd8102953809fe8202010666ff95"
    "02090409008102058c25017501950809ff8102c00914a102850415002501750195080900095f096009000900098509869186c0c0",
    "numberless": "068c000902a1010501093b950175088102058c09fe95387508820201058c09ff95017501810295078101c0",
    "ranges": "058c0902a10185020501093b950175088102058c19fb29fd95038102a409fe9538820201b409ff95017501810295078101"
    "fe0303aabbcc85010900950175088102c0",
    "keyboard": "05010906a101050719e029e71500250175019508810295017508810195067508150025650507190029658100c0",
    "setup": "068cff0902a10185027508953f09018102c0",
}


def _report(data: bytes, more: bool = False, pause: int = 0, number: int = 2) -> bytes:
    """A pause, and a report of 64 bytes."""
    return bytes([pause | 63 << 2, number, len(data)]) + b"]Q1" + data.ljust(56, b"\0") + b"s\0" + bytes([more])


def _reports() -> dict[str, bytes]:
    code, full = b"130000000000000017", b"0002010102" * 5 + b"123456"
    return {
        "code": _report(code),
        "suffix": _report(code + b"\r\n") + _report(b"\r"),
        "parts": _report(full, more=True) + _report(full, more=True) + _report(code),
        "late": _report(full, more=True) + _report(code, pause=3) + _report(code),
        "noise": _report(b"13\xff17") + _report(code),
        "counted-wrong": bytes([63 << 2, 2, 57]) + b"]Q1" + b"1" * 56 + bytes(3) + _report(code) + _report(code, pause=3),
        "short": bytes([10 << 2]) + b"\x02\x05]Q113001" + _report(code) + _report(code, pause=3),
        "other": _report(full, more=True) + _report(b"", number=4) + _report(code) + _report(code, number=3),
        "long": _report(full, more=True) * 10 + _report(code) + _report(code),
        "forgotten": _report(full, more=True) + bytes([61 << 2]) + _report(code) + _report(code),
        "overrun": _report(full, more=True) + bytes([62 << 2]) + _report(code) + _report(code, pause=3),
        "overrun-late": _report(full, more=True) + bytes([62 << 2]) + _report(code, pause=3) + _report(code),
        "abandoned": _report(full, more=True) + bytes([3 | 61 << 2] * 7) + _report(code),
    }


def _key(code: int, value: int = 1, pause: int = 0, kind: int = 1) -> bytes:
    return bytes([pause | kind << 5, code, code >> 8, value])


def _keys() -> dict[str, bytes]:
    digits = [2, 4, *[11] * 14, 2, 8]
    code = b"".join(_key(digit) + _key(digit, 0) for digit in digits)
    enter = _key(28) + _key(28, 0)
    return {
        "code": code + enter,
        "keypad": b"".join(_key(79) + _key(79, 0) for _ in range(18)) + _key(96),
        "shift": _key(42) + _key(30) + _key(30, 0) + _key(42, 0) + _key(58) + _key(30) + enter,
        "chord": _key(29) + _key(46) + _key(29, 0) + code + enter + _key(29) + _key(50),
        "dropped": code[:16] + _key(3, 0, kind=0) + code + _key(0, 0, kind=0) + code + enter + bytes([7 << 5, 42, 0, 1]) + code + enter,
        "silence": code[:16] + _key(2, pause=3) + enter,
        "light": _key(1, 1, kind=3) + code + enter,
    }


def _messages() -> Iterator[tuple[str, str, bytes]]:
    """XML by itself, signatures, structured fields, notifications."""
    yield "wechat-xml", "message", b"<xml><a><![CDATA[1]]></a><b>2 &amp; 3</b><c/></xml>"
    yield "wechat-xml", "entity", b'<!DOCTYPE x [<!ENTITY a "b">]><xml><a>&a;</a></xml>'
    yield "wechat-xml", "nested", b"<xml><a><b>1</b></a></xml>"
    yield "wechat-xml", "bom", b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?><xml><a>]]&gt;</a></xml>"
    yield "signatures", "honest", b'sign=yes\n200\n{"state": "paid"}'
    yield "signatures", "other-body", b'sign=yes tamper=yes\n200\n{"state": "paid"}'
    yield "signatures", "other-digest", b"sign=yes\n200 | Content-Digest: sha-256=:AAAA:, sha-512=:AAAA:\n{}"
    yield "signatures", "other-input", b'sign=yes\n200 | Signature-Input: tillbox=("@status");created=1;keyid="box-7"\n{}'
    inner = (
        b'tillbox=("@method" "@target-uri" "signature";req;key="tillbox");created=1;nonce="n";keyid="box-7";alg="hmac-sha256";tag="tillbox"'
    )
    yield "signatures", "unsigned", b"sign=no\n200 application/json | Signature-Input: " + inner + b" | Signature: tillbox=:AAAA:\n{}"
    yield "structured-fields", "inner-list", inner
    yield "structured-fields", "bytes", b"sha-256=:AAAA:, sha-512=:/+8=:"
    yield "structured-fields", "escapes", b'a=("\\"\\\\";b=-12;c);d'
    order = {"merchant_order_id": NUMBER, "order_id": "C1"}
    yield "push-cbtis", "genuine", b"sign=yes\nPOST\n" + json.dumps({"event": "payment", "data": order}).encode()
    yield "push-cbtis", "forged", b"sign=no\nPOST | Signature: " + b"0" * 64 + b"\n{}"
    payment = {"Payment": {"ID": 4000001, "MerchantTransactionID": NUMBER, "Status": {"ID": 2}}}
    yield "push-smart2pay", "payment", b"sign=yes\nPOST\n" + json.dumps(payment).encode()
    yield "push-smart2pay", "refund", b'sign=yes\nPOST\n{"Refund": {"InitialPaymentID": 4000001}}'
    yield "push-smart2pay", "forged", b"sign=no\nPOST | Authorization: Basic MzAyMDE6\n{}"
    event = {
        "apiVersion": "v1",
        "merchantId": "1234",
        "payment": {"id": "1", "paymentOutput": {"references": {"merchantReference": NUMBER}}},
    }
    yield "push-connect", "event", b"sign=yes\nPOST\n" + json.dumps(event).encode()
    yield "push-connect", "check", b"sign=no\nGET | X-GCS-Webhooks-Endpoint-Verification: made-up\n"
    yield "push-connect", "forged", b"sign=no\nPOST | X-GCS-Signature: AAAA | X-GCS-KeyId: hook-1\n{}"


def _echoes() -> Iterator[tuple[str, str, bytes]]:
    """Providers that say what they heard, or more than fits: the payer's code as a number, an amount without end."""
    order = {"out_trade_no": NUMBER, "currency": "CNY", "state": "paid", "store_id": "shop-12", "terminal_id": "box-7"}
    for name, amount in (("code", CODE), ("endless", "9" * 4200)):
        body = json.dumps({**order, "amount": int(amount), "trade_no": CODE, "currency": CODE}).encode()
        yield "merchant", f"echo-{name}", b"call=submit sign=yes\n200 application/json\n" + body
    welcome = b'{"store_id": "shop-12", "terminal_id": "box-7", "now": 1' + b"0" * 400 + b"}"
    yield "merchant", "check", b"call=check sign=yes\n200 application/json\n" + welcome
    yield "cbtis", "exponent", b'call=query\n200 application/json\n{"code": 0, "data": {"amount": 1e9999999999999999999}}'
    yield (
        "cbtis",
        "token",
        b'call=query token=no\n200 application/json\n{"access_token": "made-up", "expires_in": 3600}\n%%\n200\n{"code": 7}',
    )
    yield "connect", "check", b"call=check\n200 application/json | Date: Thu, 26 Feb 2026 06:13:20 GMT\n{}"
    yield (
        "smart2pay",
        "nested",
        (
            b'call=query trade_no=1\n200 application/json\n{"Payment": {"ID": 1, "Status": {"Reasons": [{"Info": %s%s}]}}}'
            % (b"[" * 985, b"]" * 985)
        ),
    )


def _bodies() -> Iterator[tuple[str, str, bytes]]:
    """What a till sends."""
    whole = b'{"amount": 1250, "currency": "CNY", "mode": "scan", "scheme": "wechat", "description": "2 teas", "ttl_s": 60}'
    yield "till-body", "whole", whole
    yield "till-body", "wrong", b'{"amount": 12.5, "currency": "EUR", "mode": 1, "scheme": "", "description": 7, "ttl_s": -1, "ttl": 1}'
    yield "till-body", "twice", b'{"amount": 1, "amount": 2}'
    yield "till-body", "numbers", b'{"amount": 1e999, "ttl_s": NaN, "x": -0, "y": ' + b"9" * 60 + b"}"
    yield "till-body", "surrogate", b'{"amount": 5, "description": "\\ud800", "\\udfff": 1}'
    put = b"PUT /v1/payments/A-17 HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer made-up-secret-of-the-fuzzed-box\r\n"
    yield "http", "put", put + b"Content-Length: %d\r\n\r\n" % len(whole) + whole
    yield (
        "http",
        "put-in-pieces",
        put + b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n\n%%\nf\r\n" + whole[:15] + b"\r\n\n%%\n0\r\n\r\n",
    )
    for name, head in {
        "get": b"GET /v1/payments/A-17?wait=25&after=pending",
        "list": b"GET /v1/payments?limit=5&before=2026-01-01T00:00:00Z",
        "delete": b"DELETE /v1/payments/A-17",
        "head": b"HEAD /v1/box",
        "events": b"GET /v1/events",
        "panel": b"GET /v1/panel.png",
        "nowhere": b"GET /v2/%ff%00",
    }.items():
        yield (
            "http",
            name,
            head + b" HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer made-up-secret-of-the-fuzzed-box\r\nLast-Event-ID: 3\r\n\r\n",
        )
    yield (
        "http",
        "put-then-get",
        put + b"Content-Length: %d\r\n\r\n" % len(whole) + whole + b"\n%%\nGET /healthz HTTP/1.1\r\nHost: box\r\n\r\n",
    )
    yield "http", "notify", b"POST /v1/notify/hook HTTP/1.1\r\nHost: box\r\nContent-Length: 7\r\n\r\ngenuine"
    scan = b'{"text": "130000000000000017"}'
    post = put.replace(b"PUT /v1/payments/A-17", b"POST /v1/simulated/scan")
    yield "http", "scan", post + b"Content-Length: %d\r\n\r\n" % len(scan) + scan
    yield "http", "no-http", b"\x16\x03\x01\x02\x00\x01\x00"


def _pictures() -> Iterator[tuple[str, str, bytes]]:
    """Codes as providers draw them, small; and their modules."""
    link = "weixin://wxpay/bizpayurl?pr=AbCd12X"
    for name, how in {"plain": {}, "wide": {"border": 0, "scale": 3}, "grey": {"dark": "#444", "light": "#ccc"}}.items():
        file = io.BytesIO()
        segno.make(link, micro=False).save(file, kind="png", **{"scale": 1, "border": 4, **how})
        yield "connect-picture", name, file.getvalue()
    yield "connect-picture", "no-base64", b"textdata:image/png;base64,%%%%"
    yield "connect-picture", "head-only", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x15\x00\x00\x00\x15\x01\x00\x00\x00\x00"
    for name, content, mode in (
        ("bytes", link, "byte"),
        ("digits", "1234567", "numeric"),
        ("letters", "AB:12/C", "alphanumeric"),
        ("kanji", "点茗", "kanji"),
    ):
        code = segno.make(content, micro=False, mode=mode, boost_error=False)
        bits = "".join(str(module & 1) for row in code.matrix for module in row)
        packed = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
        yield "connect-grid", name, bytes([int(code.version) - 1]) + packed


def _configurations() -> Iterator[tuple[str, str, bytes]]:
    """The shipped one without its comments, every alternative of it as a file of its own, and some that are wrong."""
    lines = (ROOT / "config.toml").read_text(encoding="utf-8").splitlines()
    yield "config", "shipped", "\n".join(line.partition(" #")[0].rstrip() for line in lines if line and line[0] != "#").encode()
    box = '[box]\nterminal_id = "box-1"\n'
    commented = "\n".join(line[1:].partition(" #")[0].rstrip() for line in lines if line[:1] == "#" and line[1:2] not in (" ", ""))
    for number, table in enumerate(part for part in commented.split("\n[") if "kind" in part and "]" in part):
        text = f"{box}[{table.lstrip('[')}".replace("secrets/", "secrets/key#").split("\n")
        clean = "\n".join(line.split("#")[0] + '"' if "key#" in line else line for line in text)
        yield "config", f"gateway-{number:02}", clean.encode()
    yield (
        "config",
        "wrong",
        (box + 'max_amount = -1\ncurrency = "yuan"\nterminal = 1\n[gateways.a]\nkind = "wechatt"\n[routes]\nshow = 3\n').encode(),
    )
    yield (
        "config",
        "pipe",
        (
            box
            + '[gateways.m]\nkind = "merchant"\nbase_url = "https://b.invalid"\nauth = "bearer"\nsecret_file = "pipe"\nca_file = "pipe"\n'
        ).encode(),
    )
    yield "config", "no-toml", b"[box\n\xff"
