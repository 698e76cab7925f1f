"""Playing over HTTP: only where there is somebody to play with, and told clearly what cannot be done."""

from __future__ import annotations

import pytest

from daemon.web.playing import CannotPlay, WrongPlay


class Ground:
    """Notes what is played."""

    def __init__(self):
        self.played = []

    def toys(self):
        return {"scanner": {"plugged": not self.played}}

    async def play(self, toy, how):
        if toy == "nothing":
            raise KeyError(toy)
        if "up" in how:
            raise WrongPlay("up", "expected true or false")
        if not how:
            raise CannotPlay("not while the scanner is out")
        self.played.append((toy, how))


@pytest.fixture
def ground(box):
    box.web.playing.ground = Ground()
    return box.web.playing.ground


async def test_a_box_with_real_money_has_nothing_to_play_with(box):
    for method, path in (("GET", "/v1/simulated"), ("POST", "/v1/simulated/scanner")):
        status, body = await box.call(method, path, json={"plugged": False} if method == "POST" else None)
        assert (status, body["error"]["code"]) == (404, "no_such_path")


async def test_a_toy_is_played_with_and_how_all_stand_is_told(box, ground):
    assert await box.call("GET", "/v1/simulated") == (200, {"scanner": {"plugged": True}})
    assert await box.call("POST", "/v1/simulated/scanner", json={"plugged": False}) == (202, {"scanner": {"plugged": False}})
    assert ground.played == [("scanner", {"plugged": False})]


@pytest.mark.parametrize(
    ("toy", "how", "status", "code"),
    [
        ("nothing", {"x": 1}, 404, "no_such_path"),
        ("network", {"up": 1}, 422, "invalid"),
        ("phone", {}, 409, "not_now"),
    ],
)
async def test_what_cannot_be_played_is_said(box, ground, toy, how, status, code):
    answer, body = await box.call("POST", f"/v1/simulated/{toy}", json=how)
    assert (answer, body["error"]["code"]) == (status, code)
    assert ground.played == []


async def test_what_is_wrong_is_named(box, ground):
    _, body = await box.call("POST", "/v1/simulated/network", json={"up": "yes"})
    assert body["error"]["fields"] == {"up": "expected true or false"}
