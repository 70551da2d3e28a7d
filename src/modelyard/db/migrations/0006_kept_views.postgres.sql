-- States of pages that were too long for an address, by the beginning of the SHA-256 of the state. Rows are only ever added:
-- an address that somebody wrote down goes on working.
CREATE TABLE kept_views (
    view_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    state TEXT COLLATE "C" NOT NULL,
    made_ms BIGINT NOT NULL
);
