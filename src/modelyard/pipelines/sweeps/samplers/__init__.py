"""Who thinks of the trials of a sweep: a file each."""
