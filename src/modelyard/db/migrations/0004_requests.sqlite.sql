-- What the server keeps about requests. Times are milliseconds since the epoch.

-- The answers of requests that were sent with an idempotency key, for 24 hours. answer is NULL only inside the
-- transaction that makes it. An answer is long and a key is random, so that the rows lie in the order they were made in,
-- which is also the order they are swept in.
CREATE TABLE requests (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    digest BLOB NOT NULL, -- SHA-256 of what was asked: the same key with another request is refused
    answer BLOB,
    made_ms INTEGER NOT NULL
);

-- A sign of life of each server, which proves that the database takes writes.
CREATE TABLE heartbeats (
    server TEXT NOT NULL PRIMARY KEY,
    beat_ms INTEGER NOT NULL
) WITHOUT ROWID;
