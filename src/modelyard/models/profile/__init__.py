"""A profile of the training data: statistics and sketches of each column, which monitoring compares later data with.

It is made in one pass, a chunk of rows at a time, and profiles of parts can be merged into one of the whole. Rows are
never kept. What is kept of a column's values is said in ``docs/reference/model-folder.md``.
"""

from modelyard.models.profile.column import ColumnProfile, Frequent
from modelyard.models.profile.profile import FILE, Profile, profile_of, read_profile, save

__all__ = ["FILE", "ColumnProfile", "Frequent", "Profile", "profile_of", "read_profile", "save"]
