"""The box itself: status, picture, liveness, simulated codes; and paths and methods that do not exist."""

from __future__ import annotations

import pytest


async def test_the_status_is_the_desks_word_for_word(box):
    status, body = await box.call("GET", "/v1/box")
    assert (status, body) == (200, box.desk.status())


async def test_the_panels_picture_is_told_pixel_for_pixel(box):
    async with box.session.get(box.url("/v1/panel.png")) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
        assert await answer.read() == box.png


async def test_a_box_without_a_panel_says_so(box):
    box.png = None
    status, body = await box.call("GET", "/v1/panel.png")
    assert (status, body["error"]["code"]) == (404, "no_panel")


async def test_liveness(box):
    assert await box.call("GET", "/healthz") == (200, {"alive": True, "version": "0.1.0"})
    box.alive = False
    status, body = await box.call("GET", "/healthz", headers={"Host": "any.probe.example"})
    assert (status, body["error"]["code"]) == (503, "not_alive")


@pytest.mark.parametrize("text", ["130000000000000017", "", "6901234567892\r\n", "\x00\x1b", "１３０" * 6, "x" * 10_000])
async def test_a_simulated_scanner_reads_what_it_is_told(box, text):
    assert await box.call("POST", "/v1/simulated/scan", json={"text": text}) == (202, {})
    assert box.scans == [text]


@pytest.mark.parametrize("body", [{}, {"text": 13}, {"text": None}, {"text": "\ud800"}, {"text": "x", "amount": 1}, {"code": "x"}])
async def test_a_wrong_scan_is_422_and_never_quoted(box, body):
    status, answer = await box.call("POST", "/v1/simulated/scan", json=body)
    assert (status, answer["error"]["code"]) == (422, "invalid")
    assert answer["error"]["fields"]
    assert box.scans == []


async def test_a_box_with_a_real_scanner_takes_no_simulated_codes(serve):
    box = await serve(simulated=False)
    status, body = await box.call("POST", "/v1/simulated/scan", json={"text": "x"})
    assert (status, body["error"]["code"]) == (404, "no_such_path")


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/payments/", "/v1/payments/a/b", "/V1/box", "/v1/box/", "/v1/notify/", "/v1/notify/a/b", "/v2/box"]
)
async def test_an_unknown_path_is_404_in_the_same_shape(box, path):
    status, body = await box.call("GET", path)
    assert status == 404
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"code", "text", "fields"}
    assert body["error"]["code"] == "no_such_path"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v1/payments/A-17", {"PUT", "GET", "HEAD", "DELETE"}),
        ("POST", "/v1/payments", {"GET", "HEAD"}),
        ("GET", "/v1/simulated/scan", {"POST"}),
        ("DELETE", "/v1/events", {"GET"}),
        ("OPTIONS", "/v1/box", {"GET", "HEAD"}),
        ("PATCH", "/v1/box", {"GET", "HEAD"}),
    ],
)
async def test_a_wrong_method_is_405_and_says_which_are_right(box, method, path, allowed):
    async with box.session.request(method, box.url(path)) as answer:
        assert answer.status == 405
        assert set(answer.headers["Allow"].split(", ")) == allowed
        assert (await answer.json())["error"]["code"] == "wrong_method"


async def test_every_answer_names_the_box_and_forbids_caching(box):
    for path in ("/healthz", "/v1/events", "/nowhere"):
        async with box.session.get(box.url(path)) as answer:
            assert answer.headers["Server"] == "tillbox"
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_simulated_number_pad_types_what_it_is_told(serve):
    typed = []
    box = await serve(pads={"pad": typed.append})
    assert await box.call("POST", "/v1/simulated/keys/pad", json={"text": "12.5\n\b\x1b"}) == (202, {})
    assert typed == ["12.5\n\b\x1b"]


@pytest.mark.parametrize("body", [{}, {"text": 13}, {"text": "1", "amount": 1}, {"text": "twelve"}])
async def test_wrong_keys_are_422(serve, body):
    typed = []

    def pad(text):
        if text == "twelve":
            raise ValueError(text)
        typed.append(text)

    box = await serve(pads={"pad": pad})
    status, answer = await box.call("POST", "/v1/simulated/keys/pad", json=body)
    assert (status, answer["error"]["code"]) == (422, "invalid")
    assert "twelve" not in str(answer)
    assert typed == []


async def test_a_till_without_a_simulated_pad_takes_no_keys(box, serve):
    status, body = await box.call("POST", "/v1/simulated/keys/pad", json={"text": "1"})
    assert (status, body["error"]["code"]) == (404, "no_such_path")
    other = await serve(pads={"pad": print})
    status, body = await other.call("POST", "/v1/simulated/keys/counter", json={"text": "1"})
    assert (status, body["error"]["code"]) == (404, "not_found")
