"""Whom a loader believes, and for what reason.

A model folder carries a manifest (path, size and digest of each file) and a signature of it. Files that only hold data
load freely; files that can run code load when the manifest is signed by a key in this machine's trust store, or when
trust is given for exactly these bytes. There is no third way, and no weaker loader to fall back to.
"""

from modelyard.models.trust.folders import private_folder
from modelyard.models.trust.manifest import digest
from modelyard.models.trust.modules import modules_in
from modelyard.models.trust.policy import admit
from modelyard.models.trust.signatures import sign

__all__ = ["admit", "digest", "modules_in", "private_folder", "sign"]
