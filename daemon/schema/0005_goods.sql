-- What a machine owes a payer after `paid` (kinds "pulse" and "mdb"). A row is written in the transaction that stores `paid`, so that the
-- goods are owed from then on, whatever happens; and changed before and after each unit is given. It bears a seal like a payment's.

CREATE TABLE goods (
  payment INTEGER PRIMARY KEY REFERENCES payments (number) ON DELETE CASCADE,
  till TEXT NOT NULL,
  unit TEXT NOT NULL,                           -- what one unit is called: "pulse", "vend"
  units INTEGER NOT NULL CHECK (units > 0),
  begun INTEGER NOT NULL,                       -- stored before that unit is given
  done INTEGER NOT NULL,                        -- how many are certain, stored after each
  doubtful TEXT NOT NULL,                       -- JSON: the numbers of those of which nobody knows
  stands TEXT NOT NULL,                         -- owed, giving, given, failed, in_doubt
  note TEXT NOT NULL,                           -- why it did not go as it should
  is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
  seal INTEGER NOT NULL,
  CHECK (begun <= units AND done <= begun)
) STRICT;

CREATE INDEX goods_open ON goods (till, payment) WHERE is_open;
CREATE INDEX goods_in_doubt ON goods (payment) WHERE stands = 'in_doubt' OR doubtful <> '[]';
