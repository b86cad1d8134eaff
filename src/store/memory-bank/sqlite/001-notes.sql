-- One row a note. `words` are those of its text and tags as they are compared, `place` names its tenant
-- and record to the index, so that a search looks at nobody else's notes.
CREATE TABLE notes (
  key INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  record TEXT NOT NULL,
  at INTEGER NOT NULL,
  text TEXT NOT NULL,
  source TEXT NOT NULL,
  tags TEXT,
  words TEXT NOT NULL,
  place TEXT NOT NULL,
  UNIQUE (tenant, id)
) STRICT;

CREATE INDEX notes_by_record ON notes (tenant, record, at);
CREATE INDEX notes_by_age ON notes (tenant, at);

CREATE VIRTUAL TABLE note_words USING fts5 (
  words, place, content = 'notes', content_rowid = 'key', tokenize = 'unicode61 remove_diacritics 0'
);

-- What is deleted is taken out of the index at once, not only marked.
INSERT INTO note_words (note_words, rank) VALUES ('secure-delete', 1);

-- What notes mean, as 32-bit floats; only where an embedding model is configured.
CREATE TABLE vectors (
  key INTEGER PRIMARY KEY REFERENCES notes (key),
  vector BLOB NOT NULL
) STRICT;
