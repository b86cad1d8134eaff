-- One row a note, with all that belongs to it, so that deleting the row deletes everything. `text`, `source`
-- and `tags` are JSON, for no text of Postgres holds a NUL. `words` are those of the text and the tags as
-- they are compared, and two that name its tenant and record, so that a search looks at nobody else's
-- notes. `vector` is what the note means, as 32-bit floats, where an embedding model is configured.
CREATE TABLE notes (
  key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  id text NOT NULL,
  record text NOT NULL,
  at bigint NOT NULL,
  text text NOT NULL,
  source text NOT NULL,
  tags text,
  words tsvector NOT NULL,
  vector bytea,
  UNIQUE (tenant, id)
);

CREATE INDEX notes_by_record ON notes (tenant, record, at, key);
CREATE INDEX notes_by_age ON notes (tenant, at, key);
CREATE INDEX notes_by_words ON notes USING gin (words);

-- What the planner remembers of a column would be pieces of notes that outlive them.
ALTER TABLE notes
  ALTER COLUMN id SET STATISTICS 0,
  ALTER COLUMN record SET STATISTICS 0,
  ALTER COLUMN text SET STATISTICS 0,
  ALTER COLUMN source SET STATISTICS 0,
  ALTER COLUMN tags SET STATISTICS 0,
  ALTER COLUMN words SET STATISTICS 0,
  ALTER COLUMN vector SET STATISTICS 0,
  ALTER COLUMN vector SET STORAGE EXTERNAL;
