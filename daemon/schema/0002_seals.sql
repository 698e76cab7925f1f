-- Each payment bears a seal over its row and its attempts' rows, each event one over its row: see daemon/seals.py, where `seal`
-- comes from. No seal is -1, which is therefore what a row has whose own length is damaged.

ALTER TABLE payments ADD COLUMN seal INTEGER NOT NULL DEFAULT -1;
ALTER TABLE events ADD COLUMN seal INTEGER NOT NULL DEFAULT -1;

UPDATE payments SET seal = seal(
  ref, till, amount_minor, currency, mode, scheme, description, ttl_s, state, reason_code, reason_text,
  created_at, updated_at, paid_at, expires_at, boot, is_open,
  (SELECT json_group_array(s) FROM (
    SELECT seal(out_trade_no, gateway, scheme, trade_no, state, reason_code, reason_text, errand) AS s
    FROM attempts WHERE payment = payments.number ORDER BY attempts.rowid
  ))
);

DROP TRIGGER events_are_not_changed;
UPDATE events SET seal = seal(at, payment, out_trade_no, event, state, detail);
CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'the list of events is append-only');
END;
