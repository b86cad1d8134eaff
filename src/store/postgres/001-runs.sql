-- One row a run. It is both the list's row and the place of the compare-and-swap: an append moves
-- `head` on only while `holder` is the token of its lease. A run that is claimed but not begun has
-- head 0. Room on each page, so that a moved head stays beside its row (no index names what moves).
CREATE TABLE runs (
  key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run text NOT NULL UNIQUE,
  head bigint NOT NULL,
  hash bytea,
  holder text,
  cancel_requested boolean NOT NULL DEFAULT false,
  workflow text,
  digest text,
  source text,
  reason text,
  step text,
  created_at bigint,
  updated_at bigint
) WITH (fillfactor = 70);

CREATE INDEX runs_by_age ON runs (created_at, key);

-- The text as it was written: JSON columns would keep another text than the one that is hashed.
CREATE TABLE events (
  run bigint NOT NULL REFERENCES runs (key),
  seq bigint NOT NULL,
  event text NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (run, seq)
);

CREATE TABLE definitions (
  digest text PRIMARY KEY,
  definition text NOT NULL
);

-- Places under `limit` gates, taken among all runs of a family (a run and its forks). By the hash of
-- their key, which is as long as a value in a call's arguments may be.
CREATE TABLE places (
  family text NOT NULL,
  gate text NOT NULL,
  key_hash bytea NOT NULL,
  key text NOT NULL,
  run text NOT NULL,
  call text NOT NULL,
  PRIMARY KEY (family, gate, key_hash, run, call)
);

CREATE INDEX places_by_call ON places (run, call);

-- Signed ends of logs. By the run's name, so that a seal outlives the row that it speaks against.
CREATE TABLE seals (
  run text NOT NULL,
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  signature text NOT NULL,
  public_key text NOT NULL,
  PRIMARY KEY (run, seq, public_key)
);

-- Secrets of runs, encrypted with a key that is not in here (Law 17). By the run's name, for they are
-- kept before the first event of a run is.
CREATE TABLE secrets (
  run text NOT NULL,
  reference text NOT NULL,
  box bytea NOT NULL,
  PRIMARY KEY (run, reference)
);
