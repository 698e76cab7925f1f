"""Asking the box that runs already: it has the scanner, the lines and the pins, so that nobody else can open them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from daemon.tables.box import WebSettings

ANSWER_S = 5.0  # for an answer on the same machine


def ask_running_box(web: WebSettings) -> Mapping[str, Any] | None:
    """What `GET /v1/box` says on the configured address; None where no box of this configuration runs there."""
    headers = {} if web.token is None else {"Authorization": f"Bearer {web.token.reveal()}"}
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.host, web.host)  # noqa: S104  # where it listens on every address
    with closing(http.client.HTTPConnection(host, web.port, timeout=ANSWER_S)) as line:
        try:
            line.request("GET", "/v1/box", headers=headers)
            answer = line.getresponse()
            status = json.loads(answer.read(1_000_000))
        except (OSError, ValueError, http.client.HTTPException):
            return None
    is_ours = answer.status == 200 and answer.headers.get("Server") == "tillbox" and isinstance(status, dict)
    return status if is_ours else None
