"""Named datasets in a database."""
