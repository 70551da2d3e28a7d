-- Named datasets, their versions, and who made and used them. Times are milliseconds since the epoch.

CREATE TABLE named_datasets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    description TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    next_version INTEGER NOT NULL -- the number the next version gets; never goes back
) STRICT;
CREATE INDEX named_datasets_by_change ON named_datasets (updated_ms DESC, id DESC);

-- input_digest is the digest as runs' inputs carry it, in `datasets`. holder is the run whose artifacts the files of a stored
-- version are: it is not removed for good while it holds any. gone is 1 when it was, by somebody who said so.
CREATE TABLE dataset_versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset INTEGER NOT NULL REFERENCES named_datasets (id),
    version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    input_digest TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('stored', 'reference')),
    uri TEXT NOT NULL,
    size INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    holder TEXT,
    gone INTEGER NOT NULL DEFAULT 0,
    UNIQUE (dataset, version)
) STRICT;
CREATE INDEX dataset_versions_by_digest ON dataset_versions (dataset, digest, version);
CREATE INDEX dataset_versions_by_holder ON dataset_versions (holder, gone);

CREATE TABLE dataset_version_tags (
    version INTEGER NOT NULL REFERENCES dataset_versions (id),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (version, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE dataset_aliases (
    dataset INTEGER NOT NULL REFERENCES named_datasets (id),
    alias TEXT NOT NULL,
    version INTEGER NOT NULL REFERENCES dataset_versions (id),
    PRIMARY KEY (dataset, alias)
) STRICT, WITHOUT ROWID;
CREATE INDEX dataset_aliases_by_version ON dataset_aliases (version);

-- A run is named, not referred to: who made and used what is known when the run is gone, too.
CREATE TABLE dataset_uses (
    version INTEGER NOT NULL REFERENCES dataset_versions (id),
    run_id TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('producer', 'consumer')),
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (version, run_id, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX dataset_uses_by_run ON dataset_uses (run_id);

-- The inputs of runs that are versions, whatever the experiment.
CREATE INDEX datasets_by_name ON datasets (name, digest);
