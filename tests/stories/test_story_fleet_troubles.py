"""`[mqtt]` when the broker will not have the box, or is not what it should be: the box sells as if it were not there, and says so."""

import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from box_process import ROOT
from mqtt_broker import Broker, free_port, needs_mosquitto
from provider_thread import fresh_code

PASSWORD = "made-up-words-for-a-broker"


@pytest.fixture
def authority(tmp_path):
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    return ca


@pytest.fixture
def guarded(tmp_path, authority):
    """Speaks TLS only, lets in one user, and that one may publish nothing but its state and status unless `acl` says so."""
    server = authority.issue_cert("localhost", "127.0.0.1")
    server.private_key_pem.write_to_path(tmp_path / "server.key")
    server.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    users, rights = tmp_path / "users", tmp_path / "rights"
    users.write_text(f"box:{PASSWORD}\nfleet:{PASSWORD}\n")
    subprocess.run(["mosquitto_passwd", "-U", str(users)], check=True)
    rights.write_text("user box\ntopic write tillbox/STORY1/#\nuser fleet\ntopic read tillbox/#\n")
    lines = [f"cafile {tmp_path}/ca.pem", f"certfile {tmp_path}/server.pem", f"keyfile {tmp_path}/server.key"]
    lines += ["allow_anonymous false", f"password_file {users}", f"acl_file {rights}"]
    login = ["--cafile", str(tmp_path / "ca.pem"), "-u", "fleet", "-P", PASSWORD]
    with Broker(tmp_path, lines, login) as broker:
        broker.rights = rights
        yield broker


def login(broker, tmp_path, **keys):
    """Its table, and the password in a file beside it."""
    secret = tmp_path / "broker.secret"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    return broker.table(tls=True, ca_file=str(tmp_path / "ca.pem"), username="box", password_file=str(secret), **keys)


@contextmanager
def listening(answer):
    """A broker that is none: `answer` is all it says to whoever connects, and it reads everything and does nothing."""

    def serve(connection):
        with connection:
            connection.sendall(answer)
            while connection.recv(4096):
                pass

    def accept():
        while True:
            try:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield {"host": "127.0.0.1", "port": server.getsockname()[1]}
        server.shutdown(socket.SHUT_RDWR)


WELCOME = b"\x20\x03\x00\x00\x00"


def trouble(box):
    return box.until(lambda: box.box()["fleet"]["state"] == "failing" and box.box()["fleet"]["detail"])


def at_a_known_port():
    """`[web]`, so that `tillbox check` finds the box."""
    return {"listen": f"127.0.0.1:{free_port()}"}


def check(box):
    command = [sys.executable, "-m", "daemon", "check", "--config", str(box.config_path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@needs_mosquitto
def test_over_tls_with_a_password(make_box, guarded, tmp_path):
    box = make_box({"mqtt": login(guarded, tmp_path), "web": at_a_known_port()}).start()
    with guarded.listen() as fleet:
        ref = box.sell(fresh_code("paid"))["ref"]
        fleet.until_event(ref, "paid")
    box.until(lambda: box.box()["fleet"]["state"] == "ok")
    assert PASSWORD not in box.output + repr(box.box())
    said = check(box)
    assert (said.returncode, "ok       mqtt" in said.stdout) == (0, True), said.stdout


@needs_mosquitto
def test_a_wrong_password_is_said_once_and_holds_up_nobody(make_box, guarded, tmp_path):
    table = login(guarded, tmp_path)
    (tmp_path / "broker.secret").write_text("another-word")
    box = make_box({"mqtt": table, "web": at_a_known_port()}).start()
    assert trouble(box) == f"broker 127.0.0.1:{guarded.port} refuses this box (not authorized)"
    assert box.sell(fresh_code("paid"))["state"] == "paid"
    box.until(lambda: guarded.log.text.count("New connection from") >= 3)
    assert box.output.count("fleet_failing") == 1
    said = check(box)
    assert (said.returncode, "missing  mqtt: broker" in said.stdout) == (0, True), said.stdout
    assert box.stop() == 0
    said = check(box)  # by itself
    assert (said.returncode, "missing  mqtt: broker" in said.stdout) == (0, True), said.stdout


@needs_mosquitto
def test_a_certificate_of_somebody_else_is_not_accepted(make_box, guarded, tmp_path):
    table = login(guarded, tmp_path)
    trustme.CA().cert_pem.write_to_path(tmp_path / "other-ca.pem")
    box = make_box({"mqtt": {**table, "ca_file": str(tmp_path / "other-ca.pem")}}).start()
    assert "shows a certificate that is not accepted" in trouble(box)
    assert PASSWORD.encode() not in box.journal_bytes()


@needs_mosquitto
def test_a_broker_that_wants_a_certificate_gets_one(make_box, tmp_path, authority):
    server, client = authority.issue_cert("127.0.0.1"), authority.issue_cert("box@example.org")
    for name, issued in (("server", server), ("client", client)):
        issued.private_key_pem.write_to_path(tmp_path / f"{name}.key")
        issued.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.pem")
    lines = [f"cafile {tmp_path}/ca.pem", f"certfile {tmp_path}/server.pem", f"keyfile {tmp_path}/server.key", "require_certificate true"]
    with Broker(tmp_path, [*lines, "allow_anonymous true"]) as broker:
        table = broker.table(tls=True, ca_file=str(tmp_path / "ca.pem"))
        box = make_box({"mqtt": table}).start()
        assert any(said in trouble(box) for said in ("over TLS", "broke off the login"))  # as the versions of TLS have it
        assert box.stop() == 0
        box.reconfigure({"mqtt": {"client_cert_file": str(tmp_path / "client.pem"), "client_key_file": str(tmp_path / "client.key")}})
        box.start()
        box.until(lambda: box.box()["fleet"]["state"] == "ok")


@needs_mosquitto
def test_events_that_an_access_list_keeps_out_are_not_lost(make_box, guarded, tmp_path):
    rights = guarded.rights.read_text()
    guarded.rights.write_text(rights.replace("STORY1/#", "STORY1/status\ntopic write tillbox/STORY1/state"))
    guarded.stop()
    guarded.start()
    box = make_box({"mqtt": login(guarded, tmp_path)}).start()
    ref = box.sell(fresh_code("paid"))["ref"]
    assert "refuses this box (not authorized): tillbox/STORY1/events" in trouble(box)
    assert box.sql("SELECT acknowledged FROM fleet") == [{"acknowledged": 0}]
    guarded.stop()
    guarded.rights.write_text(rights)
    guarded.start()
    with guarded.listen() as fleet:
        events = fleet.until_event(ref, "paid")
    assert events[0]["seq"] == 1


@pytest.mark.parametrize(
    "answer", [b"", WELCOME, b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["never answers", "never acknowledges", "is none"]
)
def test_a_broker_that_is_none_costs_a_sale_nothing_and_the_end_of_the_box_little(make_box, shop, answer):
    def path(box):
        """What a sale goes through, step by step."""
        ref = box.sell(fresh_code("paid"))["ref"]
        return [(entry["event"], entry["state"], entry["detail"].get("does")) for entry in box.journal(ref)]

    with listening(answer) as table:
        box = make_box({"mqtt": table}).start()
        assert path(box) == path(shop)
        assert box.sell(fresh_code("password_then_paid"))["state"] == "paid"
        assert box.box()["ready"] is True
        before = time.monotonic()
        assert box.stop() == 0
        assert time.monotonic() - before < 8


def test_a_broker_that_is_not_there_is_said_once(make_box):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    box = make_box({"mqtt": {"host": "127.0.0.1", "port": port}}).start()
    assert trouble(box) == f"broker 127.0.0.1:{port} cannot be reached: Connection refused"
    assert box.sell(fresh_code("paid"))["state"] == "paid"


@needs_mosquitto
def test_a_huge_backlog_comes_whole_without_a_sale_waiting_or_memory_growing(make_box, tmp_path):
    box = make_box().start()
    box.sell(fresh_code("paid"))
    assert box.stop() == 0
    (row,) = box.sql("SELECT * FROM events WHERE seq = 1")
    names = ", ".join(name for name in row if name != "seq")
    copies = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO events ({names}) "
    box.sql(copies + f"SELECT {names} FROM events, n WHERE seq = 1")
    with Broker(tmp_path) as broker, broker.listen("tillbox/STORY1/events") as fleet:
        box.reconfigure({"mqtt": broker.table()})
        box.start()
        at_first = resident_kb(box)
        assert box.sell(fresh_code("paid"))["state"] == "paid"
        (last,) = box.sql("SELECT max(seq) AS seq FROM events")
        fleet.until(lambda: len(fleet.all) >= last["seq"])
        assert [event["seq"] for event in fleet.of("events")] == list(range(1, last["seq"] + 1))
        assert resident_kb(box) - at_first < 4096


def resident_kb(box):
    lines = Path(f"/proc/{box.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
