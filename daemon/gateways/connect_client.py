"""Signed requests to Worldline Connect, each sent at most once where it changes anything, and what the answers' head says."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from email.utils import formatdate, parsedate_to_datetime

from daemon.gateways.client import Answer, Client, TlsSettings
from daemon.gateways.settings import ConnectSettings
from daemon.gateways.signing_connect import authorization
from daemon.reply import NotSent

CLOCK_SET_FROM = 1_704_067_200  # 2024-01-01: a box without a battery clock wakes up in 1970, or in its image's year

# Who asks, as every client of the vendor's says it. Nothing about the machine: it is nobody's business.
_META = {"platformIdentifier": "tillbox", "sdkIdentifier": "tillbox", "sdkCreator": "tillbox", "integrator": "tillbox"}
_META_INFO = base64.b64encode(json.dumps(_META).encode()).decode("ascii")


class ConnectClient:
    """Requests about one merchant number. `wall_clock` gives Unix seconds: the time is part of what is signed."""

    def __init__(self, settings: ConnectSettings, wall_clock: Callable[[], float]) -> None:
        self._settings = settings
        self._wall_clock = wall_clock
        self._client = Client(settings.base_url, tls=TlsSettings(settings.ca_file))

    @property
    def clock_is_set(self) -> bool:
        return self._wall_clock() >= CLOCK_SET_FROM

    async def get(self, path: str, timeout_s: float) -> Answer:
        """`path` is below the merchant's own. Raises NotSent (where the clock is not set, too), NoAnswer, Unintelligible."""
        whole, headers = self._signed("GET", path, {})
        return await self._client.get(whole, headers, timeout_s)

    async def post(self, path: str, body: bytes | None, timeout_s: float, key: str | None = None) -> Answer:
        """As `get`. `key` names the operation that this is: with one key it is carried out once, however often it is sent."""
        own = {"X-GCS-Idempotence-Key": key} if key else {}
        whole, headers = self._signed("POST", path, own if body is None else {**own, "Content-Type": "application/json"})
        return await self._client.post(whole, body or b"", headers, timeout_s)

    def skew_s(self, answer: Answer) -> float | None:
        """By how much the box's clock is ahead of the provider's; None where the answer does not say what time it is."""
        try:
            return self._wall_clock() - parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
        except (TypeError, ValueError, OverflowError):
            return None

    async def warm(self) -> None:
        await self._client.warm()

    async def aclose(self) -> None:
        await self._client.aclose()

    def _signed(self, method: str, path: str, own: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """The whole path, and all headers."""
        if not self.clock_is_set:
            raise NotSent("clock not set: a signature needs the time of day")
        whole = f"/v1/{self._settings.merchant_id}{path}"
        headers = {**own, "Date": formatdate(self._wall_clock(), usegmt=True), "X-GCS-ServerMetaInfo": _META_INFO}
        signed = authorization(self._settings.api_key_id, self._settings.secret, method, whole, headers)
        return whole, {**headers, "Authorization": signed, "Accept": "application/json"}
