"""Sealed bundles: a model folder as one file that only its recipients open, and that opens whole or not at all.

``seal`` writes a bundle, ``unseal`` makes a model folder of it again, after every byte of it was verified. The layout of
the file is in ``layout``. Cryptography is the library ``cryptography``'s alone.
"""

from modelyard.models.sealed.looking import SealedInspection, look
from modelyard.models.sealed.opening import OpenedBundle, unseal, unseal_to_load
from modelyard.models.sealed.recipients import recipient_of
from modelyard.models.sealed.sealing import Sealed, seal

__all__ = [
    "OpenedBundle",
    "Sealed",
    "SealedInspection",
    "look",
    "recipient_of",
    "seal",
    "unseal",
    "unseal_to_load",
]
