"""Quick Pay as many shops have it today: some twenty lines with pyserial and wechatpy, left running beside the till.

    python wechat_script.py PORT API_BASE_URL APPID MCH_ID API_KEY

It is written to be fast where that costs nothing: made and connected to the scanner once, no look-up of the shop's own address
(which wechatpy does by a question to a server in the Internet where `client_ip` is left out), nothing stored, nothing logged.
"""

import sys

import serial
from RPi import GPIO
from wechatpy.pay import WeChatPay  # type: ignore[import-untyped]  # it ships no types

AMOUNT = 1250
GREEN = 17


def main(port: str, base_url: str, appid: str, mch_id: str, api_key: str) -> None:
    WeChatPay.API_BASE_URL = base_url
    pay = WeChatPay(appid, api_key, mch_id)
    GPIO.setmode(GPIO.BCM)
    GPIO.setup(GREEN, GPIO.OUT, initial=GPIO.LOW)
    with serial.Serial(port, 9600) as scanner:
        print("READY", flush=True)
        while True:
            code = scanner.readline().decode().strip()
            GPIO.output(GREEN, GPIO.LOW)
            answer = pay.micropay.create("Payment", AMOUNT, code, client_ip="127.0.0.1")
            GPIO.output(GREEN, answer["result_code"] == "SUCCESS")
            print(answer["result_code"], flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
