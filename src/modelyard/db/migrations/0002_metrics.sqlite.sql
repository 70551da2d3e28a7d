-- The series of metrics. A point is (run, key, timestamp, step, value). A value that is NaN is NULL in a column of its own.

-- Points of one run as they came in, of one commit or of several that brought few. `points` is in the format its first byte names: see
-- services/tracking/sql/metrics/points.py. Nothing is checked for uniqueness here; readers drop what is there twice.
-- `level` is 0 for rows as they were written and 1 for rows that a compaction gathered from several.
-- An id is never given twice, so that a compaction never removes a row it has not read.
CREATE TABLE metric_segments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL,
    level INTEGER NOT NULL,
    first_timestamp INTEGER NOT NULL,
    last_timestamp INTEGER NOT NULL,
    count INTEGER NOT NULL,
    points BLOB NOT NULL
) STRICT;
CREATE INDEX metric_segments_by_time ON metric_segments (run, first_timestamp, last_timestamp);

-- Points of all runs that came in last: one commit is one row, until there are enough for a segment of each run. `points` is
-- in the format of services/tracking/sql/metrics/arrivals.py; `total` counts the points up to and with this row.
CREATE TABLE metric_arrivals (
    id INTEGER PRIMARY KEY,
    total INTEGER NOT NULL,
    points BLOB NOT NULL
) STRICT;

-- Up to 1,024 points of one series, sorted by (timestamp, step, value). The chunks of a series do not overlap.
-- first and last are in that order; min, max and last_value (of the greatest step) leave NaN out where they can.
-- `parts` and `points` are in the formats of services/tracking/sql/metrics/parts.py and packing.py.
CREATE TABLE metric_chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL,
    key INTEGER NOT NULL,
    first_timestamp INTEGER NOT NULL,
    first_step INTEGER NOT NULL,
    last_timestamp INTEGER NOT NULL,
    last_step INTEGER NOT NULL,
    count INTEGER NOT NULL,
    min_step INTEGER NOT NULL,
    max_step INTEGER NOT NULL,
    min_value REAL,
    max_value REAL,
    last_value REAL,
    parts BLOB NOT NULL,
    points BLOB NOT NULL
) STRICT;
CREATE INDEX metric_chunks_by_time ON metric_chunks (run, key, last_timestamp, last_step, first_timestamp, first_step);

-- How often a run was compacted: two compactions of one run at a time cannot both end well.
CREATE TABLE metric_compactions (
    run INTEGER PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT;

-- What is known of each series without reading it. The last point is the greatest, the first the least, by (step, timestamp,
-- value), NaN counting as 0; min and max leave NaN out and stand with the least step at which they occur. `count` is
-- how many points were sent, repeated ones included.
CREATE TABLE metric_latest (
    run INTEGER NOT NULL REFERENCES runs (id),
    key INTEGER NOT NULL,
    experiment INTEGER NOT NULL,
    value REAL,
    step INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    first_value REAL,
    first_step INTEGER NOT NULL,
    first_timestamp INTEGER NOT NULL,
    min_value REAL,
    min_step INTEGER,
    max_value REAL,
    max_step INTEGER,
    count INTEGER NOT NULL,
    PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX metric_latest_by_value ON metric_latest (experiment, key, value, run);
