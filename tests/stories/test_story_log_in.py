"""A page logs in to the real box over real HTTP and HTTPS, works and logs out; and strangers who try to use its cookie, or to guess."""

import json
import ssl
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection, IncompleteRead

import pytest
from box_process import ROOT
from process_lines import PATIENCE_S

from daemon.sandbox.tls import make_certificates

TOKEN = "story-token-of-nobody-0123456789"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ASK = b'{"amount": 1250}'


def with_token(box, **web):
    """Give the box a token, and more of `[web]`."""
    (box.directory / "web.secret").write_text(TOKEN)
    (box.directory / "web.secret").chmod(0o600)
    box.reconfigure({"web": {"token_file": "web.secret", **web}})
    return box


def ready(box):
    """Started, and ready to sell."""
    box.start(ready=False)
    box.until(lambda: box.request("GET", "/v1/box", None, BEARER).body["ready"])
    return box


@pytest.fixture
def box(make_box):
    return ready(with_token(make_box(), hosts=["box.shop.lan"]))


def own(box, host="127.0.0.1"):
    """How a browser calls that has the box's page open."""
    scheme = "http" if box.trust is None else "https"
    return {"Host": f"{host}:{box.port}", "Origin": f"{scheme}://{host}:{box.port}"}


def log_in(box, token=TOKEN, **headers):
    return box.request("POST", "/v1/session", json.dumps({"token": token}).encode(), own(box) | headers)


def cookie_of(answer):
    assert answer.status == 204, answer
    return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}


def error_of(answer):
    return answer.status, answer.body["error"]["code"]


def test_a_page_logs_in_sees_the_box_asks_for_money_and_logs_out(box):
    assert box.get("/v1/session").body == {"needs_token": True, "logged_in": False, "expires_in_s": None}
    answer = log_in(box)
    page = cookie_of(answer)
    assert answer.headers["Set-Cookie"].split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Strict"]
    state = box.request("GET", "/v1/session", None, page).body
    assert (state["logged_in"], 1790 <= state["expires_in_s"] <= 1800) == (True, True)
    for path in ("/v1/box", "/v1/payments", "/v1/panel.png"):
        assert box.request("GET", path, None, page).status == 200
    assert box.request("PUT", "/v1/payments/P-1", ASK, page | own(box)).status == 201
    assert box.request("PUT", "/v1/payments/P-1", ASK, page | own(box, "box.shop.lan")).status == 200
    assert box.request("DELETE", "/v1/session", None, page | own(box)).status == 204
    assert error_of(box.request("GET", "/v1/box", None, page)) == (401, "unauthorized")
    assert box.request("GET", "/v1/box", None, BEARER).status == 200


def test_a_page_watches_and_its_stream_ends_when_it_logs_out(box):
    page = cookie_of(log_in(box))
    with closing(HTTPConnection("127.0.0.1", box.port, timeout=PATIENCE_S)) as connection:
        connection.request("GET", "/v1/events", headers=page)
        with connection.getresponse() as stream:
            assert (stream.status, stream.readline()) == (200, b": tillbox\n")
            assert box.request("DELETE", "/v1/session", None, page | own(box)).status == 204
            with pytest.raises((OSError, IncompleteRead)):
                stream.read()


def test_other_sites_pages_do_nothing_with_its_cookie(box):
    page = cookie_of(log_in(box))
    host = {"Host": f"127.0.0.1:{box.port}"}
    for where in (
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        own(box) | {"Origin": "http://127.0.0.1"},
    ):
        for method, path, body in (
            ("PUT", "/v1/payments/stolen", ASK),
            ("DELETE", "/v1/payments/stolen", None),
            ("DELETE", "/v1/session", None),
        ):
            assert error_of(box.request(method, path, body, host | page | where)) == (403, "wrong_origin")
    rebound = page | {"Host": "evil.example", "Origin": "http://evil.example"}
    for method, path in (("GET", "/v1/box"), ("PUT", "/v1/payments/stolen"), ("GET", "/v1/session"), ("POST", "/v1/session")):
        assert error_of(box.request(method, path, ASK if method != "GET" else None, rebound)) == (403, "wrong_host")
    assert error_of(box.request("GET", "/v1/payments/stolen", None, page)) == (404, "unknown")


def test_a_flood_of_guesses_is_held_up_and_the_log_stays_short(box):
    guesses = [f"guess-of-a-stranger-{n}" for n in range(60)]
    statuses = [log_in(box, guess).status for guess in guesses]
    assert statuses[:5] == [401] * 5
    assert set(statuses[5:]) == {429}
    limited = log_in(box)
    assert error_of(limited) == (429, "too_many_attempts")
    assert 1 <= int(limited.headers["Retry-After"]) <= 10
    assert box.request("GET", "/v1/box", None, BEARER).status == 200, "programs go on"
    told = [line for line in box.output.splitlines() if "login_" in line]
    assert [line.partition("login_")[2] for line in told] == ["failed source=127.0.0.1", "limited source=127.0.0.1"]
    assert "guess-of" not in box.output


def test_a_restart_ends_every_log_in(box):
    page = cookie_of(log_in(box))
    assert box.request("GET", "/v1/box", None, page).status == 200
    box.restart(ready=False)
    assert error_of(box.request("GET", "/v1/box", None, page)) == (401, "unauthorized")


# -- HTTPS


@pytest.fixture
def secure(make_box):
    box = make_box()
    certificates = make_certificates(box.directory / "tls", server_days=20)
    certificates.server_key_file.rename(box.directory / "key.secret")
    box.trust = ssl.create_default_context(cafile=str(certificates.ca_file))
    return ready(with_token(box, cert_file="tls/server.pem", key_file="key.secret"))


def test_over_https_the_cookie_is_bound_to_tls_and_to_the_host(secure):
    answer = log_in(secure)
    page = cookie_of(answer)
    name, *flags = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith("__Host-tillbox=")
    assert flags == ["Path=/", "HttpOnly", "SameSite=Strict", "Secure"]
    assert secure.request("PUT", "/v1/payments/P-1", ASK, page | own(secure)).status == 201
    in_the_clear = own(secure) | {"Origin": f"http://127.0.0.1:{secure.port}"}
    assert error_of(secure.request("PUT", "/v1/payments/P-2", ASK, page | in_the_clear)) == (403, "wrong_origin")
    assert "tls=yes" in secure.output
    assert 'web_certificate trouble="server.pem expires in 19 days"' in secure.output


def check(box):
    words = [sys.executable, "-m", "daemon", "check", "--config", str(box.config_path)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def test_check_asks_the_running_box_over_https_also_when_its_certificate_was_renewed(secure):
    text = secure.config_path.read_text()
    secure.config_path.write_text(text.replace("127.0.0.1:0", f"127.0.0.1:{secure.port}"))
    said = check(secure).stdout
    assert "ok       a box runs" in said
    assert "warning  certificate: server.pem expires in 19 days" in said
    renewed = make_certificates(secure.directory / "tls")
    renewed.server_key_file.replace(secure.directory / "key.secret")
    said = check(secure).stdout
    assert "ok       certificate" in said
    assert "WRONG    running box: it shows another certificate than server.pem" in said
    secure.trust = ssl.create_default_context(cafile=str(renewed.ca_file))
    secure.config_path.write_text(text)
    secure.restart(ready=False)  # as `systemctl reload` does when nobody is paying
    assert secure.request("GET", "/v1/box", None, BEARER).status == 200


def test_a_box_with_a_certificate_and_no_key_does_not_start(make_box):
    box = make_box(scanner=False)
    make_certificates(box.directory / "tls")
    with_token(box, cert_file="tls/server.pem").launch()
    assert box.wait_exit() == 2
    assert "web.key_file: is missing, and there is a cert_file; expected both for TLS, or none of them" in box.output
