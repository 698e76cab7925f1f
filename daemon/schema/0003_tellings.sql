-- What tills that acknowledge (kind "serial") were told of their payments. A row is written in the transaction that stores what is to
-- be told, and changed when the till says that it got it: so an end is owed to the till across restarts until then.

CREATE TABLE tellings (
  payment INTEGER PRIMARY KEY REFERENCES payments (number) ON DELETE CASCADE,
  till TEXT NOT NULL,
  told TEXT,                                    -- which end it has, NULL while it has none
  seq INTEGER,                                  -- the event with which that end came; the till acknowledges this number
  got INTEGER NOT NULL DEFAULT 0 CHECK (got IN (0, 1)),
  CHECK ((told IS NULL) = (seq IS NULL))
) STRICT;

CREATE INDEX tellings_last ON tellings (till, payment);
CREATE INDEX tellings_owed ON tellings (till, payment) WHERE got = 0;
