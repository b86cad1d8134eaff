-- The hash chain (chain.ts). Events from before it have no hash; `chained_from` says up to where that
-- is so, and a later one without a hash is damage.
ALTER TABLE events ADD COLUMN hash BLOB;
ALTER TABLE runs ADD COLUMN hash BLOB;
ALTER TABLE runs ADD COLUMN chained_from INTEGER NOT NULL DEFAULT 1;

UPDATE runs SET chained_from = head + 1;

-- Signed ends of logs. By the run's name, so that a seal outlives the row that it speaks against.
CREATE TABLE seals (
  run TEXT NOT NULL,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  signature TEXT NOT NULL,
  public_key TEXT NOT NULL,
  PRIMARY KEY (run, seq, public_key)
) STRICT, WITHOUT ROWID;
