"""Where the trials of a sweep run: a file each."""
