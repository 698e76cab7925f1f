"""Which changes of the configuration and its secrets are noticed (daemon.watched)."""

import os

import pytest

from daemon.watched import Watched


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("[box]\n")
    (tmp_path / "secrets").mkdir()
    os.utime(tmp_path / "secrets", ns=(1, 1))
    return path


def test_nothing_is_no_change(config):
    watched = Watched(config)
    config.read_text()
    assert not watched.has_changed()


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_text('[box]\nterminal_id = "T"\n'),
        lambda path: os.utime(path, ns=(5, 5)),
        lambda path: path.unlink(),
        lambda path: (path.with_name("new").write_text("[box]\n"), path.with_name("new").replace(path)),
        lambda path: (path.parent / "secrets" / "backend.key").write_text("made up"),
    ],
    ids=["written", "touched", "gone", "replaced by another of the same size", "a secret more"],
)
def test_every_change_since_it_was_made_is_one(config, change):
    """It is made before the configuration is read, so that what is saved while the box starts is not missed."""
    watched = Watched(config)
    change(config)
    assert watched.has_changed()


def test_a_file_that_comes_to_be_is_a_change(tmp_path):
    watched = Watched(tmp_path / "config.toml")
    (tmp_path / "config.toml").write_text("")
    assert watched.has_changed()


def handed_over(config, at_s):
    """What systemd copied at that time."""
    folder = config.parent / "credentials"
    folder.mkdir()
    os.utime(folder, (at_s, at_s))
    return {"CREDENTIALS_DIRECTORY": str(folder)}


@pytest.mark.parametrize(
    ("secrets_at_s", "is_late"),
    [(1000.0, False), (1999.8, False), (1999.95, True), (2001.0, True), (2500.0, True), (2600.1, False), (90_000.0, False)],
    ids=["long before", "before", "meanwhile", "after", "a slow start", "by a clock that jumped", "by one that jumped far"],
)
def test_secrets_that_came_after_they_were_handed_over_are_a_change_from_the_outset(config, secrets_at_s, is_late):
    environ = handed_over(config, 2000.0)
    os.utime(config.parent / "secrets", (secrets_at_s, secrets_at_s))
    assert Watched(config, environ).has_changed() is is_late


def test_without_systemd_or_secrets_nothing_comes_late(config):
    os.utime(config.parent / "secrets", (2001.0, 2001.0))
    assert not Watched(config, {}).has_changed()
    environ = handed_over(config, 2000.0)
    (config.parent / "secrets").rmdir()
    assert not Watched(config, environ).has_changed()
    assert not Watched(config, {"CREDENTIALS_DIRECTORY": str(config.parent / "none")}).has_changed()
