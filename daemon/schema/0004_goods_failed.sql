-- A payment whose goods were not handed over, and whose money could not be given back, is for a person as late money is.

DROP INDEX payments_in_doubt;
CREATE INDEX payments_in_doubt ON payments (number) WHERE state = 'in_doubt' OR reason_code IN ('paid_late', 'goods_failed');
