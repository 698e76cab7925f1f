-- Each payment bears a seal over its row and its attempts' rows, each event one over its row: see daemon/seals.py, which also seals
-- what is there already. No seal is -1, and that is also what a row has whose own length is damaged.

ALTER TABLE payments ADD COLUMN seal INTEGER NOT NULL DEFAULT -1;
ALTER TABLE events ADD COLUMN seal INTEGER NOT NULL DEFAULT -1;

DROP TRIGGER events_are_not_changed;
CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
WHEN OLD.seal <> -1
BEGIN
  SELECT RAISE(ABORT, 'the list of events is append-only');
END;
