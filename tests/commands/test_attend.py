"""`tillbox payments ask | refund | settle` (daemon.commands.attend): the running box does it, and says what it cannot."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.cli import main

PAYMENT = {"ref": "A-17", "state": "in_doubt", "reason": {"code": "settled", "text": "Ann: paid back in cash"}}
IMPOSSIBLE = {"error": {"code": "not_possible", "text": "it is not in doubt: it is paid", "fields": {}}}
WRONG = {
    "error": {
        "code": "invalid",
        "text": "wrong: by",
        "fields": {"by": "expected who does it, 1 to 40 characters on one line, no space first"},
    }
}


class Box(http.server.BaseHTTPRequestHandler):
    said: tuple[int, dict[str, Any]] = (202, PAYMENT)
    asked: list[tuple[str, Any]] = []  # noqa: RUF012  # each test has its own

    def do_POST(self) -> None:
        self.asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        status, said = self.said
        body = json.dumps(said).encode()
        self.send_response_only(status)
        self.send_header("Server", "tillbox")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def box(tmp_path: Path) -> Iterator[type[Box]]:
    class Running(Box):
        asked: list[tuple[str, Any]] = []  # noqa: RUF012  # as above
        config = tmp_path / "config.toml"

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Running) as server:
        _configure(Running.config, server.server_address[1])
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Running
        server.shutdown()
        thread.join()


def _configure(path: Path, port: int) -> None:
    path.write_text(
        f"""
        [box]
        terminal_id = "b-1"
        [gateways.trial]
        kind = "simulated"
        [routes]
        scan.wechat = "trial"
        [scanner]
        kind = "simulated"
        [web]
        listen = "127.0.0.1:{port}"
        """,
        encoding="utf-8",
    )


def attend(box: type[Box], *words: str) -> int:
    return main(["payments", *words, "--config", str(box.config)])  # type: ignore[attr-defined]


def test_the_running_box_does_it(box: type[Box], capsys: pytest.CaptureFixture[str]) -> None:
    assert attend(box, "settle", "A-17", "--by", "Ann", "--reason", "paid back in cash") == 0
    assert box.asked == [("/v1/payments/A-17/acts", {"act": "settle", "by": "Ann", "reason": "paid back in cash"})]
    assert capsys.readouterr().out == "A-17  in_doubt (settled)\n"


def test_asking_needs_no_reason(box: type[Box]) -> None:
    assert attend(box, "ask", "A-17", "--by", "Ann") == 0
    assert box.asked == [("/v1/payments/A-17/acts", {"act": "ask", "by": "Ann"})]


def test_what_cannot_be_done_is_told_with_its_reason(box: type[Box], capsys: pytest.CaptureFixture[str]) -> None:
    box.said = (409, IMPOSSIBLE)
    assert attend(box, "refund", "A-17", "--by", "Ann", "--reason", "why not") == 1
    box.said = (422, WRONG)
    assert attend(box, "ask", "A-17", "--by", "x" * 50) == 1
    assert capsys.readouterr().err.splitlines() == [
        "tillbox: it is not in doubt: it is paid",
        "tillbox: wrong: by: by: expected who does it, 1 to 40 characters on one line, no space first",
    ]


def test_where_no_box_runs_nothing_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    _configure(config, 1)
    assert main(["payments", "settle", "A-17", "--by", "Ann", "--reason", "why", "--config", str(config)]) == 1
    assert "no box of this configuration runs" in capsys.readouterr().err


def test_whoever_does_it_has_a_name_and_a_reason(box: type[Box]) -> None:
    for words in (["settle", "A-17", "--reason", "why"], ["settle", "A-17", "--by", "Ann"], ["refund", "A-17", "--by", "Ann"]):
        with pytest.raises(SystemExit) as ended:
            attend(box, *words)
        assert ended.value.code == 2
    assert box.asked == []


def test_a_wrong_configuration_is_2(tmp_path: Path) -> None:
    assert main(["payments", "ask", "A-17", "--by", "Ann", "--config", str(tmp_path / "none.toml")]) == 2
