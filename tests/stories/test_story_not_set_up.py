"""A service whose configuration cannot be used (`tillbox run --show-problems`): it says so everywhere, and ends when that changes."""

import os

import pytest

UNSET = {"box": {"max_amount": 0}, "gateways.wechat": {"key_file": "no-such.key"}}


@pytest.fixture
def unset(make_box, systemd):
    box = make_box(UNSET, scanner=False, options=["--show-problems"], environ={"NOTIFY_SOCKET": systemd.path, "WATCHDOG_USEC": "400000"})
    box.launch()
    box.port = int(box.stderr.until(r"web_listening .*port=(\d+)")[1])
    return box


def test_it_runs_and_says_on_panel_lights_and_http_what_is_wrong(unset, systemd):
    systemd.until("READY=1")
    systemd.until("WATCHDOG=1", times=2)
    assert any(line.startswith("STATUS=not_set_up: box.max_amount: is 0; expected") for line in systemd.heard)
    status = unset.box()
    assert (status["ready"], status["screen"]) == (False, "not_set_up")
    assert [text.split(":")[0] for text in status["not_ready"]] == ["box.max_amount", "gateways.wechat.key_file"]
    assert status["lights"] == {"green": "off", "amber": "off", "red": "slow"}
    assert unset.get("/v1/panel.png").body.startswith(b"\x89PNG")
    assert unset.get("/healthz").status == 200


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/v1/payments/S-1"), ("GET", "/v1/payments/S-1"), ("DELETE", "/v1/payments/S-1"), ("GET", "/v1/payments")]
)
def test_a_till_is_told_503_and_why(unset, method, path):
    answer = unset.request(method, path, b'{"amount": 1250}' if method == "PUT" else None)
    assert answer.status == 503
    assert "not set up" in answer.body["error"]["text"]
    assert not unset.journal_path.exists()


def test_it_ends_when_the_configuration_changes_and_the_next_start_sells(unset):
    unset.reconfigure({"box": {"max_amount": 100000}})
    unset.config_path.write_text(unset.config_path.read_text() + "\n# looked at\n")
    assert unset.wait_exit() == 0


def test_it_ends_when_a_secret_is_put_into_its_folder(make_box):
    box = make_box(UNSET, scanner=False, options=["--show-problems"])
    secrets = box.directory / "secrets"
    secrets.mkdir()
    box.launch()
    box.stderr.until("web_listening")
    os.utime(secrets, ns=(1, 1))
    (secrets / "wechat.key").write_text("made up")
    assert box.wait_exit() == 0


def test_it_ends_when_told_to(unset):
    assert unset.stop() == 0


def test_a_file_that_is_no_toml_is_shown_too(make_box, systemd):
    box = make_box(scanner=False, options=["--show-problems"], environ={"NOTIFY_SOCKET": systemd.path})
    box.tables["box"] = {"terminal_id = = ": 1}
    box.launch()
    systemd.until("READY=1")
    assert any("line 2" in line for line in systemd.heard)
    assert box.stop() == 0


def test_without_the_option_it_is_still_exit_2(make_box):
    box = make_box(UNSET, scanner=False)
    box.launch()
    assert box.wait_exit() == 2
