-- What the server keeps about requests. Times are milliseconds since the epoch.

-- The answers of requests that were sent with an idempotency key, for 24 hours. answer is NULL only inside the
-- transaction that makes it.
CREATE TABLE requests (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL, -- SHA-256 of what was asked: the same key with another request is refused
    answer BYTEA,
    made_ms BIGINT NOT NULL
);

CREATE INDEX requests_by_age ON requests (made_ms);

-- A sign of life of each server, which proves that the database takes writes.
CREATE TABLE heartbeats (
    server TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    beat_ms BIGINT NOT NULL
);
