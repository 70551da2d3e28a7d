"""The loader's decision: this folder, for this reason, or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelyard.core.errors import ChangedModel, UntrustedModel
from modelyard.models.trust import manifest as manifests
from modelyard.models.trust.formats import Tier, finding
from modelyard.models.trust.keys import KeyRing, TrustStore
from modelyard.models.trust.manifest import Manifest
from modelyard.models.trust.signatures import read_signature, signer

if TYPE_CHECKING:
    from modelyard.models.mlmodel import Model

_NO_PLACES = ("config", "uri")
"""Keys of entries whose values no loader takes for a place in the folder."""


def admit(folder: Path, model: Model, *, flavor: str, trust: str | None = None, ring: KeyRing | None = None) -> str:
    """Decide whether a folder may be loaded by a flavor; answers why. Runs none of the model's code.

    ``trust`` is the digest of a folder whose code shall run all the same, such as ``sha256:…``: trust for one load.
    Raises ``ChangedModel`` when the files are not those of the folder's manifest, and ``UntrustedModel`` with the
    reason and the ways out when the format can run code and nobody trusted signed the manifest.
    """
    there = manifests.scan(folder)
    promised = manifests.read(folder)
    if promised is not None:
        manifests.check(promised, there)
    _refuse_unlisted(model.flavors)
    if trust not in (None, there.digest):
        raise UntrustedModel(f"Trust was given for {trust}, but these files are {there.digest}: untrusted.")
    found = finding(folder, model, flavor)
    if found.tier is Tier.DATA:
        return found.reason
    if trust is not None:
        return f"trust was given for {trust}"
    store = (ring or KeyRing.of_user()).trusted()
    named = next((each.name for each in store.models if each.digest == there.digest), None)
    if named is not None:
        return f"the trust store names the model: {named}"
    by = signer(folder, promised, store) if promised is not None else None
    if by is not None:
        return f"signed by {by.name} ({by.key_id})"
    raise UntrustedModel(_refusal(folder, there, found.reason, store))


def _refuse_unlisted(value: Any) -> None:
    """A file that the manifest leaves out could be exchanged unnoticed: no entry may name one."""
    if isinstance(value, dict):
        value = [each for key, each in value.items() if key not in _NO_PLACES]
    if isinstance(value, list):
        for each in value:
            _refuse_unlisted(each)
    elif isinstance(value, str) and _is_unlisted(os.path.normpath(value).split("/")):
        raise ChangedModel(f"The MLmodel file names {value!r}, which is no file of the model.")


def _is_unlisted(path: list[str]) -> bool:
    return path[0] in manifests.NOT_LISTED or (path[0] == manifests.CODE and manifests.COMPILED in path)


def _refusal(folder: Path, there: Manifest, reason: str, store: TrustStore) -> str:
    signed = read_signature(folder)
    if signed is None:
        who = "nobody signed it"
    elif store.key(signed.key_id) is None:
        who = f"it is signed by the key {signed.key_id}, which this machine does not trust"
    else:
        who = "its signature is of another kind than this release knows"
    return (
        f"The model is untrusted: {reason}, and {who}. Look at it with 'modelyard models inspect'. If you believe who"
        f" made it, load it with trust={there.digest!r}, or run 'modelyard trust add {there.digest}'"
        " (these files) or 'modelyard trust add <public key>' (all that its maker signs)."
    )
