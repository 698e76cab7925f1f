"""Three ways to read a QR, as phones do: zxing-cpp, OpenCV's own detector, and the decoder that WeChat gave to OpenCV.

All of them see grey pixels and nothing else. None is asked for codes with lit modules on dark ground, which many wallets refuse.
WeChat's runs without its neural networks, which are for codes that are small in a large picture and do not come with OpenCV.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import cv2
import numpy as np
import zxingcpp
from PIL import Image

cv2.setNumThreads(1)  # pictures this small gain nothing from more, and whoever measures many runs several processes

Decoder = Callable[[Image.Image], str | None]


def zxing(photograph: Image.Image) -> str | None:
    found = zxingcpp.read_barcodes(photograph, formats=zxingcpp.BarcodeFormat.QRCode, try_invert=False)
    return found[0].text if found else None


def opencv(photograph: Image.Image) -> str | None:
    try:
        return cv2.QRCodeDetector().detectAndDecode(np.asarray(photograph))[0] or None
    except (UnicodeDecodeError, cv2.error):  # read, but wrongly: the text is handed on as UTF-8 whatever it is
        return None


def wechat(photograph: Image.Image) -> str | None:
    try:
        texts, _places = _wechat().detectAndDecode(cv2.cvtColor(np.asarray(photograph), cv2.COLOR_GRAY2BGR))
    except UnicodeDecodeError:
        return None
    return next((text for text in texts if text), None)


@cache
def _wechat() -> cv2.wechat_qrcode.WeChatQRCode:
    return cv2.wechat_qrcode.WeChatQRCode()


DECODERS: Mapping[str, Decoder] = {"zxing-cpp": zxing, "OpenCV": opencv, "WeChat": wechat}
