-- States of pages that were too long for an address, by the beginning of the SHA-256 of the state. Rows are only ever added:
-- an address that somebody wrote down goes on working.
CREATE TABLE kept_views (
    view_id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    made_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
