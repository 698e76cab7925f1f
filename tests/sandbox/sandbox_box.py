"""A plain client for the sandbox, and its timings shrunk: what takes real seconds at a provider takes hundredths here."""

from __future__ import annotations

import hashlib
import hmac
import ssl
from dataclasses import dataclass
from xml.etree import ElementTree

import aiohttp

from daemon.sandbox.scenario import Timings
from daemon.sandbox.server import Sandbox

FAST = Timings(auto_close_s=0.6, revoke_not_before_s=0.0, confirm_s=5.0, late_s=0.15, silence_s=0.15, slow_s=0.1)


@dataclass
class Box:
    """What a box sends to WeChat, signed by the published rule once more: neither the sandbox's code nor the gateway's."""

    sandbox: Sandbox
    session: aiohttp.ClientSession
    sign_type: str = "HMAC-SHA256"

    async def post(self, path: str, fields: dict[str, object]) -> dict[str, str]:
        return read(await self.raw(path, self.signed(fields)))

    async def raw(self, path: str, body: bytes, method: str = "POST") -> bytes:
        async with self.session.request(method, self.sandbox.base_url + path, data=body) as response:
            return await response.read()

    def signed(self, fields: dict[str, object]) -> bytes:
        wechat = self.sandbox.wechat
        whole = {"appid": wechat.appid, "mch_id": wechat.mch_id, "nonce_str": "n0nce", "sign_type": self.sign_type, **fields}
        whole = {name: value for name, value in whole.items() if value is not None}
        whole.setdefault("sign", sign({name: str(value) for name, value in whole.items()}, wechat.key, self.sign_type))
        root = ElementTree.Element("xml")
        for name, value in whole.items():
            ElementTree.SubElement(root, name).text = str(value)
        return ElementTree.tostring(root, encoding="utf-8")

    def proves(self, answer: dict[str, str]) -> bool:
        """Whether the answer is signed as it should be."""
        rest = {name: value for name, value in answer.items() if name != "sign"}
        return answer.get("sign") == sign(rest, self.sandbox.wechat.key, self.sign_type)

    async def charge(self, code: str, number: str = "A1", **more: object) -> dict[str, str]:
        fields = {"body": "goods", "out_trade_no": number, "total_fee": 1250, "spbill_create_ip": "127.0.0.1", "auth_code": code}
        return await self.post("/pay/micropay", {**fields, **more})

    async def query(self, number: str = "A1") -> dict[str, str]:
        return await self.post("/pay/orderquery", {"out_trade_no": number})

    async def revoke(self, number: str = "A1") -> dict[str, str]:
        return await self.post("/secapi/pay/reverse", {"out_trade_no": number})


def sign(fields: dict[str, str], key: str, sign_type: str) -> str:
    text = "".join(f"{name}={fields[name]}&" for name in sorted(fields) if fields[name] != "") + f"key={key}"
    if sign_type == "MD5":
        return hashlib.md5(text.encode()).hexdigest().upper()
    return hmac.digest(key.encode(), text.encode(), "sha256").hex().upper()


def read(body: bytes) -> dict[str, str]:
    return {child.tag: child.text or "" for child in ElementTree.fromstring(body)}


def client_tls(sandbox: Sandbox, *, with_certificate: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(sandbox.ca_file))
    if with_certificate:
        context.load_cert_chain(sandbox.client_cert_file, sandbox.client_key_file)
    return context
