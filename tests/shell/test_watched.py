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
