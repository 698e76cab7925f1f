"""Quick Pay as many shops have it today, where the payer must confirm: with wechatpy, asking every so many seconds.

    python polling_script.py API_BASE_URL APPID MCH_ID API_KEY INTERVAL_S

Codes come on the standard input. It stores and logs nothing.
"""

import sys
import time

from RPi import GPIO
from wechatpy.exceptions import WeChatPayException  # type: ignore[import-untyped]  # it ships no types
from wechatpy.pay import WeChatPay  # type: ignore[import-untyped]

AMOUNT = 1250
GREEN = 17


def main(base_url: str, appid: str, mch_id: str, api_key: str, interval_s: str) -> None:
    WeChatPay.API_BASE_URL = base_url
    pay = WeChatPay(appid, api_key, mch_id)
    GPIO.setmode(GPIO.BCM)
    GPIO.setup(GREEN, GPIO.OUT, initial=GPIO.LOW)
    print("READY", flush=True)
    for line in sys.stdin:
        GPIO.output(GREEN, GPIO.LOW)
        number = f"script{time.time_ns()}"
        if not charge(pay, line.strip(), number):
            print(number, flush=True)
            while pay.order.query(out_trade_no=number)["trade_state"] != "SUCCESS":
                time.sleep(float(interval_s))
        GPIO.output(GREEN, GPIO.HIGH)
        print("SUCCESS", flush=True)


def charge(pay: WeChatPay, code: str, number: str) -> bool:
    """Whether it is paid; else the payer must confirm."""
    try:
        pay.micropay.create("Payment", AMOUNT, code, client_ip="127.0.0.1", out_trade_no=number)
    except WeChatPayException as refused:
        if refused.errcode != "USERPAYING":
            raise
        return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
