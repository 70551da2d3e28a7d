-- Experiments, runs, and what is logged to them; metrics are in 0002. Times are milliseconds since the epoch.
-- Inside the database a run, an experiment, a logged model and a key are whole numbers; ids and texts stand once.

-- The keys of params, tags and metrics. Rows are only ever added.
CREATE TABLE names (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- artifact_location and artifact_uri are NULL where the store made the place up itself: it is then computed from the ids.
CREATE TABLE experiments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    artifact_location TEXT,
    lifecycle_stage TEXT NOT NULL DEFAULT 'active' CHECK (lifecycle_stage IN ('active', 'deleted')),
    creation_time INTEGER NOT NULL,
    last_update_time INTEGER NOT NULL
) STRICT;
CREATE INDEX experiments_by_creation ON experiments (lifecycle_stage, creation_time DESC, id);

CREATE TABLE experiment_tags (
    experiment INTEGER NOT NULL REFERENCES experiments (id),
    key INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (experiment, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL UNIQUE,
    experiment INTEGER NOT NULL REFERENCES experiments (id),
    run_name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED')),
    start_time INTEGER NOT NULL,
    end_time INTEGER,
    lifecycle_stage TEXT NOT NULL DEFAULT 'active' CHECK (lifecycle_stage IN ('active', 'deleted')),
    deleted_time INTEGER,
    artifact_uri TEXT,
    heartbeat_time INTEGER
) STRICT;
CREATE INDEX runs_by_start ON runs (experiment, lifecycle_stage, start_time DESC, run_id);

CREATE TABLE params (
    run INTEGER NOT NULL REFERENCES runs (id),
    key INTEGER NOT NULL,
    experiment INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX params_by_value ON params (experiment, key, value, run);

CREATE TABLE tags (
    run INTEGER NOT NULL REFERENCES runs (id),
    key INTEGER NOT NULL,
    experiment INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_value ON tags (experiment, key, value, run);

CREATE TABLE datasets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    experiment INTEGER NOT NULL REFERENCES experiments (id),
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    source_type TEXT NOT NULL,
    source TEXT NOT NULL,
    schema TEXT,
    profile TEXT,
    UNIQUE (experiment, name, digest)
) STRICT;

-- A run's use of a dataset. `context` is the tag mlflow.data.context, where it can be searched.
CREATE TABLE inputs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL REFERENCES runs (id),
    dataset INTEGER NOT NULL REFERENCES datasets (id),
    context TEXT,
    UNIQUE (run, dataset)
) STRICT;
CREATE INDEX inputs_by_dataset ON inputs (dataset, context, run);

CREATE TABLE input_tags (
    input INTEGER NOT NULL REFERENCES inputs (id),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (input, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE logged_models (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id TEXT NOT NULL UNIQUE,
    experiment INTEGER NOT NULL REFERENCES experiments (id),
    name TEXT NOT NULL,
    model_type TEXT,
    source_run_id TEXT,
    status TEXT NOT NULL,
    status_message TEXT,
    lifecycle_stage TEXT NOT NULL DEFAULT 'active' CHECK (lifecycle_stage IN ('active', 'deleted')),
    creation_time INTEGER NOT NULL,
    last_update_time INTEGER NOT NULL,
    artifact_uri TEXT
) STRICT;
CREATE INDEX logged_models_by_creation ON logged_models (experiment, lifecycle_stage, creation_time DESC, model_id);
CREATE INDEX logged_models_by_run ON logged_models (source_run_id);

-- Models a run read and wrote, by id: a model need not be one that this store keeps.
CREATE TABLE model_inputs (
    run INTEGER NOT NULL REFERENCES runs (id),
    model_id TEXT NOT NULL,
    PRIMARY KEY (run, model_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE model_outputs (
    run INTEGER NOT NULL REFERENCES runs (id),
    model_id TEXT NOT NULL,
    step INTEGER NOT NULL,
    PRIMARY KEY (run, model_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE logged_model_params (
    model INTEGER NOT NULL REFERENCES logged_models (id),
    key INTEGER NOT NULL,
    experiment INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (model, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX logged_model_params_by_value ON logged_model_params (experiment, key, value, model);

CREATE TABLE logged_model_tags (
    model INTEGER NOT NULL REFERENCES logged_models (id),
    key INTEGER NOT NULL,
    experiment INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (model, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX logged_model_tags_by_value ON logged_model_tags (experiment, key, value, model);

-- The points that runs logged for a model. value is NULL for NaN; no dataset is the empty text, so that it can be a key.
CREATE TABLE logged_model_metrics (
    model INTEGER NOT NULL REFERENCES logged_models (id),
    key INTEGER NOT NULL,
    step INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    dataset_name TEXT NOT NULL,
    dataset_digest TEXT NOT NULL,
    experiment INTEGER NOT NULL,
    value REAL,
    PRIMARY KEY (model, key, step, timestamp, run_id, dataset_name, dataset_digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX logged_model_metrics_by_value ON logged_model_metrics (experiment, key, value, model);
