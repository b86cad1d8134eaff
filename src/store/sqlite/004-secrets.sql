-- Secrets of runs, encrypted with a key that is not in here (Law 17). By the run's name, for they are
-- kept before the first event of a run is.
CREATE TABLE secrets (
  run TEXT NOT NULL,
  reference TEXT NOT NULL,
  box BLOB NOT NULL,
  PRIMARY KEY (run, reference)
) STRICT, WITHOUT ROWID;
