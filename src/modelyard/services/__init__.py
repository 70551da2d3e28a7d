"""The state the platform keeps: one folder a kind, the same file names in each."""
