"""Taking the package off again: the only record of payments is never lost. Named so that it comes last: nothing sells after it."""

from __future__ import annotations

from box_on_board import UNIT
from provider_thread import fresh_code


def test_removal_leaves_the_journal_and_purge_packs_it_up(box):
    board = box.board
    ref = box.ask(1250)
    box.scan(fresh_code("paid", "merchant"))
    box.until_state(ref, "paid")
    board.check("DEBIAN_FRONTEND=noninteractive apt-get remove -y tillbox 2>&1", 200)
    assert not board.run(f"systemctl is-active {UNIT}").ok
    assert not board.run("test -e /usr/bin/tillbox").ok
    assert board.run("test -s /var/lib/tillbox/journal.sqlite -a -s /etc/tillbox/config.toml").ok
    assert not board.run("find /usr/lib/tillbox | grep .").ok
    said = board.check("DEBIAN_FRONTEND=noninteractive apt-get purge -y tillbox 2>&1", 200)
    assert "the journal of payments was packed up as /var/backups/tillbox-" in said
    assert "journal.sqlite" in board.check("tar -tzf /var/backups/tillbox-*.tar.gz")
    assert "600" in board.check("stat -c %a /var/backups/tillbox-*.tar.gz")
    assert not board.run("test -e /var/lib/tillbox -o -e /etc/tillbox").ok
