-- Folders of artifacts that nothing refers to any more and that are still to be removed: written by the transaction that
-- removes the rows, so that a removal that was cut is gone on with. owner is the id of the run, model or experiment.
CREATE TABLE leftovers (
    key TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL
) STRICT, WITHOUT ROWID;
