-- What the box has promised to remember. Money in minor units, moments for people in RFC 3339 UTC.
-- Columns that rules depend on are columns; the errand of an order (waits, counts) is one JSON value, read and written whole.

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE payments (
  number INTEGER PRIMARY KEY AUTOINCREMENT,     -- the order in which they were asked for
  ref TEXT NOT NULL UNIQUE,
  till TEXT NOT NULL,
  amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL,
  mode TEXT NOT NULL,
  scheme TEXT,
  description TEXT NOT NULL,
  ttl_s REAL,
  state TEXT NOT NULL,
  reason_code TEXT,
  reason_text TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  paid_at TEXT,
  expires_at REAL,                              -- monotonic, of `boot`
  boot TEXT NOT NULL,                           -- which boot the monotonic moments belong to
  is_open INTEGER NOT NULL CHECK (is_open IN (0, 1))
) STRICT;

CREATE INDEX payments_open ON payments (number) WHERE is_open;
CREATE INDEX payments_in_doubt ON payments (number) WHERE state = 'in_doubt' OR reason_code = 'paid_late';

CREATE TABLE attempts (
  out_trade_no TEXT PRIMARY KEY,
  payment INTEGER NOT NULL REFERENCES payments (number) ON DELETE CASCADE,
  gateway TEXT NOT NULL,
  scheme TEXT NOT NULL,
  trade_no TEXT,
  state TEXT NOT NULL,
  reason_code TEXT,
  reason_text TEXT,
  errand TEXT NOT NULL                          -- JSON: what is still to be done about the order, and when
) STRICT;

CREATE INDEX attempts_payment ON attempts (payment);

CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  payment INTEGER NOT NULL REFERENCES payments (number) ON DELETE CASCADE,
  out_trade_no TEXT,
  event TEXT NOT NULL,
  state TEXT NOT NULL,                          -- the payment's after it
  detail TEXT NOT NULL                          -- JSON, masked
) STRICT;

CREATE INDEX events_payment ON events (payment);

-- Append-only: what was written is never changed. Old payments take their events with them when they are pruned.
CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'the list of events is append-only');
END;

CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events
WHEN EXISTS (SELECT 1 FROM payments WHERE number = OLD.payment)
BEGIN
  SELECT RAISE(ABORT, 'the list of events is append-only');
END;
