"""A device's health is told when it changes, and logged then."""

from hw.health import OK, HealthNote
from hw.interfaces import Condition, Health

GONE = Health(Condition.MISSING, "unplugged")


def test_only_changes_are_told_and_logged(caplog):
    caplog.set_level("INFO")
    told = []
    note = HealthNote("panel")
    note.tell(told.append)
    for health in (OK, OK, GONE, GONE, OK):
        note.set(health)
    assert told == [OK, GONE, OK]
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING", "INFO"]
    assert "name=panel state=missing detail='unplugged'" in caplog.text


def test_before_it_is_opened_a_device_counts_as_missing():
    note = HealthNote("panel")
    assert note.health.condition is Condition.MISSING
    note.set(OK)
    assert note.health is OK
