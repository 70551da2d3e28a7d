"""Named, typed, described, versioned datasets and their lineage."""
