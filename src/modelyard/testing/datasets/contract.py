"""The whole contract suite of stores of named datasets."""

from __future__ import annotations

from modelyard.testing.datasets.names import Aliases, References, Searches
from modelyard.testing.datasets.refusals import Refusals
from modelyard.testing.datasets.uses import Uses
from modelyard.testing.datasets.versions import Versions


class DatasetStoreContract(Versions, References, Aliases, Searches, Uses, Refusals):
    """All a store of named datasets promises. Subclass it with fixtures ``datasets`` and ``runs``."""
