-- One row a run. It is both the list's row and the place of the compare-and-swap: an append moves
-- `head` on only while `holder` is its own. A run that is claimed but not begun has head 0.
CREATE TABLE runs (
  key INTEGER PRIMARY KEY,
  run TEXT NOT NULL UNIQUE,
  head INTEGER NOT NULL,
  holder TEXT,
  cancel_requested INTEGER NOT NULL DEFAULT 0,
  workflow TEXT,
  digest TEXT,
  source TEXT,
  reason TEXT,
  step TEXT,
  created_at INTEGER,
  updated_at INTEGER
) STRICT;

CREATE INDEX runs_by_age ON runs (created_at);

-- In the order of commits, so that rows only ever go to the last page, however many runs there are.
CREATE TABLE events (
  run INTEGER NOT NULL REFERENCES runs (key),
  seq INTEGER NOT NULL,
  event TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX events_by_run ON events (run, seq);

CREATE TABLE definitions (
  digest TEXT PRIMARY KEY,
  definition TEXT NOT NULL
) STRICT;
