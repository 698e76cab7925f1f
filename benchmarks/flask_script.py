"""A payment box as it is written in a day: Flask for the till, pyserial for the scanner, wechatpy for the wallet, requests to tell the
shop how a sale ended.

    python flask_script.py SCANNER_PORT API_BASE_URL APPID MCH_ID API_KEY [SHOP_URL]

Served by Flask's own server, as its quick start shows. Nothing is stored, shown or lit; one sale at a time; what is unclear is an error.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import requests
import serial
from flask import Flask, jsonify, request
from wechatpy.pay import WeChatPay  # type: ignore[import-untyped]  # it ships no types
from werkzeug.serving import make_server

SCAN_S = 60


def shop(scanner: serial.Serial, pay: WeChatPay, shop_url: str) -> Flask:
    app = Flask(__name__)

    @app.get("/box")
    def box() -> Any:
        return jsonify(ready=scanner.is_open)

    @app.put("/payments/<ref>")
    def payment(ref: str) -> Any:
        code = scanner.readline().decode().strip()
        answer = pay.micropay.create("Payment", request.get_json()["amount"], code, client_ip="127.0.0.1", out_trade_no=ref)
        if shop_url:
            requests.post(shop_url, json={"ref": ref, "result": answer["result_code"]}, timeout=10)
        return jsonify(result=answer["result_code"])

    return app


def main(port: str, base_url: str, appid: str, mch_id: str, api_key: str, shop_url: str = "") -> None:
    logging.basicConfig(level=logging.INFO)
    WeChatPay.API_BASE_URL = base_url
    app = shop(serial.Serial(port, 9600, timeout=SCAN_S), WeChatPay(appid, api_key, mch_id), shop_url)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(f"listening port={server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
