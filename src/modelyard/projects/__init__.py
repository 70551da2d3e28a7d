"""``modelyard.projects``: run code from a folder or from Git, with its environment, as a tracked run."""

from modelyard.projects.run import run
from modelyard.projects.submitted import SubmittedRun

__all__ = ["SubmittedRun", "run"]
