"""Sealed bundles: a model folder as one file that only its recipients open, and that opens whole or not at all.

``seal`` writes a bundle, ``unseal`` makes a model folder of it again, after every byte of it was verified. The layout of
the file is in ``layout``. Cryptography is the library ``cryptography``'s alone.
"""

from modelyard.models.sealed.opening import Key, OpenedBundle, find_bundle, unseal, unseal_to_load
from modelyard.models.sealed.recipients import recipient_of
from modelyard.models.sealed.sealing import Progress, Sealed, seal

__all__ = [
    "Key",
    "OpenedBundle",
    "Progress",
    "Sealed",
    "find_bundle",
    "recipient_of",
    "seal",
    "unseal",
    "unseal_to_load",
]
