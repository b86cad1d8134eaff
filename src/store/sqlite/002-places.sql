-- Places under `limit` gates, taken among all runs of a family (a run and its forks).
CREATE TABLE places (
  family TEXT NOT NULL,
  gate TEXT NOT NULL,
  key TEXT NOT NULL,
  run TEXT NOT NULL,
  call TEXT NOT NULL,
  PRIMARY KEY (family, gate, key, run, call)
) STRICT, WITHOUT ROWID;

CREATE INDEX places_by_call ON places (run, call);
