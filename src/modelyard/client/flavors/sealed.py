"""Sealing a model that is anywhere an address leads to, and opening a bundle that is."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from modelyard.client.flavors.verbs import fetch_model
from modelyard.core.errors import NotFound
from modelyard.models.bundles import Key, Progress, find_bundle, sealing
from modelyard.models.options import PathLike
from modelyard.models.trust.keys import KeyRing, key_id, public_bytes

if TYPE_CHECKING:
    from modelyard.models.sealed import OpenedBundle, Sealed

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def seal(
    model_uri: PathLike,
    path: PathLike,
    *,
    sign: bool = True,
    recipients: Iterable[str] = (),
    passphrase: str | None = None,
    progress: Progress | None = None,
) -> Sealed:
    """Make a saved or logged model one file, ``path``: a sealed bundle, which opens whole and unchanged or not at all.

    ``model_uri`` is a path, ``runs:/…`` or ``models:/…``. ``recipients`` are the keys that shall open the bundle, such as
    ``x25519:…`` (what ``recipient_key()`` answers on the machine that shall load it); a passphrase opens it too. Without
    a recipient or a passphrase the bundle is signed and readable by all. ``sign`` signs it with this machine's key.
    ``progress`` is told how many bytes are done, and of how many.

    Raises ``NotFound`` when there is no model, ``AlreadyExists`` when there is something at ``path``, and
    ``ChangedModel`` when the model is not as it was saved.
    """
    with _fetched(model_uri) as folder:
        made: Sealed = sealing("seal")(
            folder, path, sign=sign, recipients=recipients, passphrase=passphrase, progress=progress
        )
    return made


def unseal(
    bundle_uri: PathLike,
    path: PathLike,
    *,
    key: Key | None = None,
    passphrase: str | None = None,
    trust: str | None = None,
    progress: Progress | None = None,
) -> OpenedBundle:
    """Make a model folder, ``path``, of a sealed bundle. It is verified before anything of it is there; no code runs.

    It is opened with ``key`` (a key, or the path of its PEM file), with ``passphrase``, or with this machine's own key
    when neither is given. Whoever sealed it must be in this machine's trust store, unless ``trust`` is the digest of
    the model in it. ``load_model`` of the bundle needs none of this: it opens it by itself.

    Raises ``PermissionDenied`` when no key opens it, ``ChangedModel`` when it was changed, and ``UntrustedModel``.
    """
    with _fetched(bundle_uri) as place:
        bundle = find_bundle(place)
        if bundle is None:
            raise NotFound(f"There is no sealed bundle at {os.fspath(bundle_uri)!r}.")
        opened: OpenedBundle = sealing("unseal")(
            bundle, path, key=key, passphrase=passphrase, trust=trust, progress=progress
        )
    return opened


@contextmanager
def _fetched(uri: PathLike) -> Iterator[Path]:
    """What is at an address: where it is, or a private copy that does not outlast its use."""
    place = Path(uri)
    if place.exists():
        yield place
    elif not _SCHEME.match(os.fspath(uri)):
        raise NotFound(f"There is no file or folder {os.fspath(uri)!r}.")
    else:
        with tempfile.TemporaryDirectory(prefix="modelyard-") as private:
            yield fetch_model(uri, private)


def recipient_key() -> str:
    """This machine's key as others name it in ``recipients``. It is no secret; the key is made when first asked for."""
    return machine_keys().recipient


def renew_recipient_key() -> str:
    """Give this machine a new key to be sealed to, and answer it.

    The old one opens what was sealed to it until its file (``recipient-<id>.key`` in the folder of the machine's keys)
    is deleted.
    """
    name: str = sealing("recipient_of")(KeyRing.of_user().renew_recipient_key())
    return name


class MachineKeys(NamedTuple):
    """The public halves of this machine's keys, as others name them, and their ids."""

    recipient: str
    recipient_id: str
    signing: str
    signing_id: str


def machine_keys() -> MachineKeys:
    """What others need of this machine: ``recipient`` to seal to it, ``signing`` to trust what it seals."""
    ring = KeyRing.of_user()
    recipient, signing = ring.recipient_key(), public_bytes(ring.machine_key())
    public = recipient.public_key().public_bytes_raw()
    return MachineKeys(sealing("recipient_of")(recipient), key_id(public), signing.hex(), key_id(signing))
