"""What requests about experiments, runs and logged models must satisfy, the same above every kind of storage."""
