-- Every row carries a CRC32C (sum), so that damage is found before it is served.

CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL,
  sum   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE queue (
  slot          INTEGER PRIMARY KEY CHECK (slot BETWEEN 1 AND 262143),
  parent        INTEGER NOT NULL,  -- 0: none
  role          INTEGER NOT NULL,
  kind          INTEGER NOT NULL,
  name          TEXT NOT NULL,
  id            BLOB NOT NULL,
  number        INTEGER NOT NULL,
  label         TEXT NOT NULL,
  type          BLOB NOT NULL,
  transactional INTEGER NOT NULL,
  authenticate  INTEGER NOT NULL,
  privacy       INTEGER NOT NULL,
  journaling    INTEGER NOT NULL,
  quota         INTEGER NOT NULL,  -- KB
  journal_quota INTEGER NOT NULL,  -- KB
  base_priority INTEGER NOT NULL,
  multicast     TEXT NOT NULL,
  security      BLOB,
  created       INTEGER NOT NULL,
  modified      INTEGER NOT NULL,
  draining      INTEGER NOT NULL,
  sum           INTEGER NOT NULL
) STRICT;

-- Exact at every commit: nothing ever counts messages.
CREATE TABLE counter (
  slot     INTEGER PRIMARY KEY,
  messages INTEGER NOT NULL,
  bytes    INTEGER NOT NULL,
  sum      INTEGER NOT NULL
) STRICT;

-- key = slot<<45 | (7-priority)<<42 | seq: receiving, browsing, cursors and
-- scrolling are one range scan at any depth. The body is last, so that what
-- reads headers never touches its overflow pages.
CREATE TABLE message (
  key     INTEGER PRIMARY KEY,
  kind    INTEGER NOT NULL,
  class   INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  expires INTEGER,           -- NULL: never
  aborts  INTEGER NOT NULL,
  moves   INTEGER NOT NULL,
  moved   INTEGER NOT NULL,
  id      BLOB,              -- NULL: not to be found by id
  body_at INTEGER NOT NULL,
  sum     INTEGER NOT NULL,  -- of the head in the upper half, of the body in the lower
  head    BLOB NOT NULL,
  body    BLOB NOT NULL
) STRICT;

CREATE INDEX message_expires ON message (expires) WHERE expires IS NOT NULL;
CREATE INDEX message_id ON message (id) WHERE id IS NOT NULL;

CREATE TABLE prepared (
  id  BLOB PRIMARY KEY,
  ops BLOB NOT NULL,
  sum INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE state (
  space TEXT NOT NULL,
  key   BLOB NOT NULL,
  value BLOB NOT NULL,
  sum   INTEGER NOT NULL,
  PRIMARY KEY (space, key)
) STRICT, WITHOUT ROWID;
