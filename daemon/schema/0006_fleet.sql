-- How far the fleet's broker ([mqtt]) has got in the list of events: see daemon/fleet/place.py. One row, there once a broker was told of.

CREATE TABLE fleet (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  journal TEXT NOT NULL,                        -- a name for this journal, by chance: numbers of events mean nothing in another
  starts INTEGER NOT NULL,                      -- of the box, with a broker configured
  acknowledged INTEGER NOT NULL,                -- by the broker: this event and every one before it; 0: none
  seal INTEGER NOT NULL                         -- over the three
) STRICT;
