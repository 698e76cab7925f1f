"""The running sandbox: one HTTPS port, its control API, its network plug, and what it tells people.

That is `daemon.sandbox.server` with `daemon.sandbox.context`, `daemon.sandbox.control` and `daemon.sandbox.announcement`.
"""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sandbox_box import FAST, Box, client_tls

from daemon.sandbox.cases import CASES, case_table, code_for
from daemon.sandbox.scenario import Standing
from daemon.sandbox.server import PROVIDERS, Sandbox, serve


async def get(sandbox: Sandbox, path: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(sandbox.control_url + path) as response:
        return await response.json()


async def post(sandbox: Sandbox, path: str, body: object = None) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.post(sandbox.control_url + path, json=body) as response:
        return response.status, await response.json()


async def test_the_snippet_is_what_a_box_needs_to_reach_it(sandbox: Sandbox) -> None:
    config = tomllib.loads(sandbox.config_snippet())
    wechat = config["gateways"]["wechat"]
    assert wechat["base_url"] == sandbox.base_url
    assert Path(wechat["key_file"]).read_text() == sandbox.wechat.key
    assert all(Path(path).is_absolute() and Path(path).is_file() for key, path in wechat.items() if key.endswith("_file"))
    assert config["routes"]["scan"]["wechat"] == "wechat"
    assert set(config["gateways"]) == set(PROVIDERS)
    assert sandbox.wechat.key not in sandbox.config_snippet()


def test_the_judge_shares_no_code_with_what_it_judges() -> None:
    listed = "import sys, daemon.sandbox.server, daemon.sandbox.wechat; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    assert "daemon.sandbox.ledger" in done.stdout
    assert "daemon.gateways" not in done.stdout


async def test_credentials_are_new_in_every_run(tmp_path: Path) -> None:
    first, second = Sandbox(tmp_path / "a"), Sandbox(tmp_path / "b")
    assert first.wechat.key != second.wechat.key
    assert first.merchant.secret != second.merchant.secret
    assert len(first.wechat.key) == 32
    assert first.wechat.key not in repr(first.context)
    assert first.merchant.secret not in repr(first.context)


async def test_plain_http_serves_without_certificates(tmp_path: Path) -> None:
    async with Sandbox(tmp_path, tls=False, timings=FAST) as sandbox, aiohttp.ClientSession() as session:
        box = Box(sandbox, session)
        assert sandbox.base_url.startswith("http://127.0.0.1:")
        await box.charge(code_for("password_never"))
        assert (await box.revoke())["result_code"] == "SUCCESS"
        assert "ca_file" not in sandbox.config_snippet()


async def test_a_front_that_wants_certificates_everywhere_fails_the_handshake(tmp_path: Path) -> None:
    async with Sandbox(tmp_path, client_cert="required") as sandbox:
        context = client_tls(sandbox, with_certificate=False)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
            with pytest.raises((aiohttp.ClientError, ssl.SSLError)):
                await Box(sandbox, session).query()


async def test_unknown_paths_and_oversized_requests_are_turned_away(box: Box) -> None:
    async with box.session.post(box.sandbox.base_url + "/pay/other") as response:
        assert response.status == 404
    async with box.session.post(box.sandbox.base_url + "/pay/micropay", data=b"x" * 100_000) as response:
        assert response.status == 413


async def test_the_ledger_is_shown(box: Box, sandbox: Sandbox) -> None:
    await box.charge(code_for("paid"))
    shown = await get(sandbox, "/ledger")
    assert shown == sandbox.ledger.summary()
    assert shown["orders"]["A1"]["money_in"] == 1250


async def test_the_cases_are_shown(sandbox: Sandbox) -> None:
    shown = await get(sandbox, "/cases")
    assert [(c["suffix"], c["name"], c["text"]) for c in shown["cases"]] == case_table()


async def test_requests_are_shown_by_order_and_connection_and_without_secrets(box: Box, sandbox: Sandbox) -> None:
    code = code_for("paid", 424242)
    await box.charge(code)
    await box.query()
    shown = await get(sandbox, "/requests")
    assert [(r["method"], r["path"], r["number"]) for r in shown["requests"]] == [
        ("POST", "/pay/micropay", "A1"),
        ("POST", "/pay/orderquery", "A1"),
    ]
    assert len({r["connection"] for r in shown["requests"]}) == 1
    assert code not in str(shown)
    assert "sign" not in str(shown)


async def test_the_next_order_gets_the_case_that_was_asked_for(box: Box, sandbox: Sandbox) -> None:
    assert await post(sandbox, "/next", {"case": "refused_notenough"}) == (200, {"next": "refused_notenough"})
    assert (await box.charge(code_for("paid")))["err_code"] == "NOTENOUGH"
    assert (await box.charge(code_for("paid", 1), number="A2"))["result_code"] == "SUCCESS"


@pytest.mark.parametrize(
    ("path", "body"), [("/next", {"case": "nonsense"}), ("/next", ["x"]), ("/next", None), ("/network", {"up": "yes"})]
)
async def test_wrong_control_requests_are_told_what_is_expected(sandbox: Sandbox, path: str, body: object) -> None:
    status, answer = await post(sandbox, path, body)
    assert status == 422
    assert "no case" in answer["error"]["text"] or "expected" in answer["error"]["text"]


async def test_the_payers_phone_confirms_and_declines(box: Box, sandbox: Sandbox) -> None:
    await box.charge(code_for("password_never"))
    assert await post(sandbox, "/orders/A1/confirm") == (200, {"number": "A1", "state": "paid"})
    assert (await box.query())["trade_state"] == "SUCCESS"
    assert (await post(sandbox, "/orders/A1/decline"))[0] == 409
    assert (await post(sandbox, "/orders/NOSUCH/confirm"))[0] == 404
    await box.charge(code_for("password_never", 1), number="A2")
    assert await post(sandbox, "/orders/A2/decline") == (200, {"number": "A2", "state": "failed"})


async def test_pulling_the_plug_resets_and_refuses_until_it_is_back(box: Box, sandbox: Sandbox) -> None:
    silent = asyncio.ensure_future(box.charge(code_for("silent_charge")))
    while not sandbox.line.requests:
        await asyncio.sleep(0.005)
    assert await post(sandbox, "/network", {"up": False}) == (200, {"up": False})
    with pytest.raises(aiohttp.ClientError):
        await silent
    with pytest.raises(aiohttp.ClientConnectorError):
        await box.query()
    url = sandbox.base_url
    await post(sandbox, "/network", {"up": True})
    assert sandbox.base_url == url
    assert (await box.query())["trade_state"] == "SUCCESS"
    assert len(sandbox.line.requests) == 2


async def test_plugging_in_twice_or_pulling_twice_changes_nothing(box: Box, sandbox: Sandbox) -> None:
    for up in (True, True, False, False, True):
        await sandbox.set_network(up=up)
    assert (await box.query())["err_code"] == "ORDERNOTEXIST"


async def test_observers_hear_what_the_clock_does_without_anybody_asking(box: Box, sandbox: Sandbox) -> None:
    ended = asyncio.Event()
    sandbox.ledger.subscribe(lambda order: ended.set() if order.state is Standing.CLOSED else None)
    await box.charge(code_for("password_never"))
    await asyncio.wait_for(ended.wait(), 5)


async def test_a_script_file_is_played(tmp_path: Path) -> None:
    script = tmp_path / "script.toml"
    script.write_text('default = "password_never"\n[timings]\nauto_close_s = 9\n[[order]]\ncase = "refused_notenough"\n')
    async with Sandbox(tmp_path / "s", script=script, tls=False, timings=FAST) as sandbox, aiohttp.ClientSession() as session:
        box = Box(sandbox, session)
        codes = [(await box.charge(code_for("paid", n), number=f"A{n}"))["err_code"] for n in range(2)]
    assert codes == ["NOTENOUGH", "USERPAYING"]


async def test_leaving_ends_everything_at_once_even_silent_answers(tmp_path: Path) -> None:
    async with Sandbox(tmp_path, tls=False) as sandbox, aiohttp.ClientSession() as session:
        silent = asyncio.ensure_future(Box(sandbox, session).charge(code_for("silent_charge")))
        while not sandbox.line.requests:
            await asyncio.sleep(0.005)
        left = asyncio.get_running_loop().time()
        await sandbox.__aexit__()
        assert asyncio.get_running_loop().time() - left < 2
        with pytest.raises(aiohttp.ClientError):
            await silent


async def test_a_port_that_is_taken_is_said_and_nothing_stays_behind(sandbox: Sandbox, tmp_path: Path) -> None:
    taken = int(sandbox.base_url.rpartition(":")[2])
    with pytest.raises(OSError, match="address already in use"):
        async with Sandbox(tmp_path / "other", port=taken):
            pytest.fail("it cannot listen")


async def test_serving_tells_addresses_snippet_and_all_cases(tmp_path: Path) -> None:
    lines: list[str] = []
    serving = asyncio.create_task(serve(0, None, tmp_path, lines.append))
    while len(lines) < len(CASES):
        await asyncio.sleep(0.005)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    text = "\n".join(lines)
    assert "sandbox listening on https://127.0.0.1:" in text
    assert "control: http://127.0.0.1:" in text
    assert "[gateways.wechat]" in text
    assert str(tmp_path) in text
    assert all(f"…{suffix}  {name} " in text for suffix, name, _ in case_table())
