-- What people look payments up by: the day, the amount, the provider's number, and how a payment ended where that is not `paid`,
-- which most are. A search looks through few rows by one of these, or walks in steps (daemon/lookup_rows.py). Each index costs a
-- page more a store, and no sync more.

CREATE INDEX payments_made ON payments (created_at);
CREATE INDEX payments_amount ON payments (amount_minor);
CREATE INDEX payments_unpaid ON payments (state) WHERE state IN ('refused', 'revoked', 'cancelled', 'expired', 'refunded');
CREATE INDEX attempts_trade_no ON attempts (trade_no) WHERE trade_no IS NOT NULL;
