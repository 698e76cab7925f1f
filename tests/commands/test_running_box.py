"""`tillbox check` beside a running box (daemon.commands.running_box, daemon.commands.as_box): it is asked, not pushed aside."""

from __future__ import annotations

import http.server
import json
import os
import pwd
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.cli import main
from daemon.commands.as_box import become_box
from daemon.sandbox.tls import make_certificates

OK = {"state": "ok", "detail": ""}
READY = {"not_ready": [], "devices": {"scanner": OK, "lights": OK}, "gateways": {"shop": OK}}


class Box(http.server.BaseHTTPRequestHandler):
    status: dict[str, Any] = READY
    code = 200
    server_name = "tillbox"
    asked: list[str | None] = []  # noqa: RUF012  # one server for one test

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("Authorization"))
        body = json.dumps(self.status).encode()
        self.send_response_only(self.code)
        self.send_header("Server", self.server_name)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def box() -> Iterator[type[Box]]:
    class Running(Box):
        asked: list[str | None] = []  # noqa: RUF012  # as above
        port = 0
        listening: Any = None

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Running) as server:
        Running.port = server.server_address[1]
        Running.listening = server
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Running
        server.shutdown()
        thread.join()


@pytest.fixture
def config(tmp_path: Path, box: type[Box]) -> Path:
    """Its scanner would not be found: whoever opens it, and does not ask the running box, says so."""
    token = tmp_path / "token"
    token.write_text("made-up-token-0123456789")
    token.chmod(0o600)
    path = tmp_path / "config.toml"
    path.write_text(
        '[box]\nterminal_id = "T1"\n[scanner]\nkind = "serial"\nport = "/dev/nowhere"\n[gateways.sim]\nkind = "simulated"\n'
        f'[journal]\npath = "journal.sqlite"\n[web]\nlisten = "0.0.0.0:{box.port}"\ntoken_file = "token"\n'
    )
    return path


def check(config: Path) -> int:
    return main(["check", "--config", str(config)])


def test_a_running_box_that_is_ready_could_sell(config: Path, box: type[Box], capsys: pytest.CaptureFixture[str]) -> None:
    assert check(config) == 0
    said = capsys.readouterr().out
    assert "ok       a box runs" in said
    assert "ok       scanner" in said
    assert "ok       gateway shop" in said
    assert box.asked == ["Bearer made-up-token-0123456789"]


def test_what_it_lacks_is_said_in_its_words(config: Path, box: type[Box], capsys: pytest.CaptureFixture[str]) -> None:
    box.status = {
        "not_ready": ["scanner missing: /dev/ttyACM0 is not there", "gateway shop: clock not set"],
        "devices": {
            "scanner": {"state": "missing", "detail": "/dev/ttyACM0 is not there"},
            "lights": {"state": "failing", "detail": "GPIO 17 is busy"},
        },
        "gateways": {"shop": {"state": "failing", "detail": "clock not set"}, "other": {"state": "failing", "detail": "no network"}},
    }
    assert check(config) == 1
    said = capsys.readouterr().out
    assert "WRONG    scanner: /dev/ttyACM0 is not there" in said
    assert "WRONG    gateway shop: clock not set" in said
    assert "missing  lights: GPIO 17 is busy" in said
    assert "missing  gateway other: no network" in said
    assert said.rstrip().endswith("No sale could start: see scanner, gateway shop.")


def test_a_reason_that_is_no_part_of_it_is_said_too(config: Path, box: type[Box], capsys: pytest.CaptureFixture[str]) -> None:
    box.status = {**READY, "not_ready": ["no gateway serves mode 'scan'"]}
    assert check(config) == 1
    assert "WRONG    sale: no gateway serves mode 'scan'" in capsys.readouterr().out


@pytest.mark.parametrize(("code", "name"), [(401, "tillbox"), (200, "nginx")])
def test_who_is_not_this_box_is_not_believed(
    config: Path, box: type[Box], code: int, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.commands.check.OPEN_S", 0.05)
    box.code, box.server_name = code, name
    assert check(config) == 1
    assert "/dev/nowhere" in capsys.readouterr().out


# -- over TLS --


@pytest.fixture
def secure_config(config: Path, box: type[Box], tmp_path: Path) -> Path:
    make_certificates(tmp_path, server_days=20)
    config.write_text(config.read_text() + 'cert_file = "server.pem"\nkey_file = "server.key"\n')
    return config


def speak_tls(box: type[Box], folder: Path) -> None:
    """The box speaks TLS, with the certificate in that folder."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    box.listening.socket = context.wrap_socket(box.listening.socket, server_side=True)


def test_a_running_box_is_asked_over_tls_and_known_by_its_certificate(
    secure_config: Path, box: type[Box], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    speak_tls(box, tmp_path)
    assert check(secure_config) == 0
    said = capsys.readouterr().out
    assert "ok       a box runs" in said
    assert "warning  certificate: server.pem expires in 19 days" in said
    assert box.asked == ["Bearer made-up-token-0123456789"]


def test_who_shows_another_certificate_is_told_no_token(
    secure_config: Path, box: type[Box], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_certificates(tmp_path / "before")
    speak_tls(box, tmp_path / "before")
    assert check(secure_config) == 1
    said = capsys.readouterr().out
    assert f"WRONG    running box: it shows another certificate than server.pem (port {box.port})" in said
    assert "systemctl reload tillbox" in said
    assert box.asked == []


def test_who_speaks_no_tls_is_not_this_box(
    secure_config: Path, box: type[Box], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.commands.check.OPEN_S", 0.05)
    assert check(secure_config) == 1
    assert "/dev/nowhere" in capsys.readouterr().out
    assert box.asked == []


# -- as root --


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    """What a root that is none here would become."""
    steps: list[tuple[str, object]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "initgroups", lambda name, gid: steps.append(("groups", (name, gid))))
    monkeypatch.setattr(os, "setgid", lambda gid: steps.append(("gid", gid)))
    monkeypatch.setattr(os, "setuid", lambda uid: steps.append(("uid", uid)))
    return steps


def owned_by(monkeypatch: pytest.MonkeyPatch, uid: int) -> None:
    monkeypatch.setattr(Path, "stat", lambda _path, **_: os.stat_result((0o40700, 1, 1, 1, uid, uid, 0, 0, 0, 0)))


def test_root_becomes_the_owner_of_the_journals_folder_groups_first(
    monkeypatch: pytest.MonkeyPatch, became: list[tuple[str, object]]
) -> None:
    nobody = pwd.getpwnam("nobody")
    owned_by(monkeypatch, nobody.pw_uid)
    become_box(Path("/var/lib/box/journal.sqlite"))
    assert became == [("groups", ("nobody", nobody.pw_gid)), ("gid", nobody.pw_gid), ("uid", nobody.pw_uid)]


@pytest.mark.parametrize("uid", [0, 4_000_000_000])
def test_roots_own_folder_and_one_of_nobody_known_change_nothing(
    monkeypatch: pytest.MonkeyPatch, became: list[tuple[str, object]], uid: int
) -> None:
    owned_by(monkeypatch, uid)
    become_box(Path("/var/lib/box/journal.sqlite"))
    assert became == []


def test_a_folder_that_is_not_there_yet_changes_nothing(became: list[tuple[str, object]], tmp_path: Path) -> None:
    become_box(tmp_path / "none" / "journal.sqlite")
    assert became == []


def test_whoever_is_not_root_stays_who_he_is(monkeypatch: pytest.MonkeyPatch, became: list[tuple[str, object]]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    owned_by(monkeypatch, pwd.getpwnam("nobody").pw_uid)
    become_box(Path("/var/lib/box/journal.sqlite"))
    assert became == []
