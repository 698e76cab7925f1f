-- A payment that was paid by one order, and perhaps by another too, is for a person as late money is.

DROP INDEX payments_in_doubt;
CREATE INDEX payments_in_doubt ON payments (number) WHERE state = 'in_doubt' OR reason_code IN ('paid_late', 'goods_failed', 'paid_twice');
