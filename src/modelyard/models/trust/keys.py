"""This machine's key and the keys and models it trusts: files of one private folder."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import stat
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from modelyard.core.errors import InvalidParameter, NotFound, StoreError
from modelyard.core.ids import new_token
from modelyard.core.settings import Settings, user_folder
from modelyard.models.trust import crypto

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

MACHINE_KEY = "machine.key"
RECIPIENT_KEY = "recipient.key"
_RETIRED = "recipient-*.key"
TRUST_FILE = "trust.toml"
MACHINE = "this machine"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_OTHERS = 0o077
_OTHERS_WRITE = 0o022
_LOCK = "trust.lock"


class TrustedKey(msgspec.Struct, frozen=True):
    """A key whose signatures are believed; ``public`` is its 32 bytes in hexadecimal."""

    name: str
    public: str

    @property
    def key_id(self) -> str:
        """What a signature names the key by."""
        return key_id(bytes.fromhex(self.public))

    def load(self) -> Ed25519PublicKey:
        """The key itself."""
        return crypto.public_key(bytes.fromhex(self.public))


class TrustedModel(msgspec.Struct, frozen=True):
    """A model that is believed whoever made it: exactly the files its digest names."""

    name: str
    digest: str


class TrustStore(msgspec.Struct, frozen=True):
    """What this machine trusts."""

    keys: list[TrustedKey] = []
    models: list[TrustedModel] = []

    def key(self, wanted: str) -> TrustedKey | None:
        """The key of an id, or None."""
        return next((key for key in self.keys if key.key_id == wanted), None)


class KeyRing:
    """The folder with this machine's key (0600) and its trust store. Several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of_user(cls, settings: Settings | None = None) -> KeyRing:
        """The ring of the user who runs this process: ``MODELYARD_HOME``, or ``~/.modelyard``."""
        return cls(user_folder(settings))

    def machine_key(self) -> Ed25519PrivateKey:
        """This machine's own key; it is made when it is first asked for.

        Raises ``StoreError`` when others can read it.
        """
        file = self._folder / MACHINE_KEY
        self._make_key(file, crypto.new_signing_key)
        key = read_private_key(file)
        if not crypto.is_signing_key(key):
            raise StoreError(f"{os.fspath(file)} holds no Ed25519 key.")
        return cast("Ed25519PrivateKey", key)

    def recipient_key(self) -> X25519PrivateKey:
        """The key that bundles are sealed to so that this machine, and no other, opens them; made when first asked for.

        Raises ``StoreError`` when others can read it.
        """
        file = self._folder / RECIPIENT_KEY
        self._make_key(file, crypto.new_recipient_key)
        return read_recipient_key(file)

    def recipient_keys(self) -> list[X25519PrivateKey]:
        """The keys this machine has to open bundles with: its own, if it was made, and those it had before that."""
        files = [self._folder / RECIPIENT_KEY, *sorted(self._folder.glob(_RETIRED))]
        return [read_recipient_key(file) for file in files if file.exists()]

    def renew_recipient_key(self) -> X25519PrivateKey:
        """Make a new recipient key; the old one goes on opening what was sealed to it, until its file is deleted."""
        old = key_id(self.recipient_key().public_key().public_bytes_raw())
        os.rename(self._folder / RECIPIENT_KEY, self._folder / _RETIRED.replace("*", old))
        return self.recipient_key()

    def trusted(self) -> TrustStore:
        """What is trusted: this machine's key, and what was added."""
        added = self.added()
        own = TrustedKey(MACHINE, public_bytes(self.machine_key()).hex())
        return TrustStore([own, *added.keys], added.models)

    def added(self) -> TrustStore:
        """What somebody added.

        Raises ``StoreError`` when others can write to it, or when it cannot be understood: trust is never guessed.
        """
        file = self._folder / TRUST_FILE
        if not os.path.lexists(file):
            return TrustStore()
        for place in (self._folder.resolve(), file):
            _refuse_writable(place)
        try:
            return read_trust(file.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, InvalidParameter) as error:
            raise StoreError(f"{os.fspath(file)} cannot be understood: {error}") from None

    def add(self, what: str, *, name: str) -> TrustedKey | TrustedModel:
        """Trust a public key (64 hexadecimal digits) or a model's digest (``sha256:…``).

        Raises ``InvalidParameter`` for anything else.
        """
        if _DIGEST.fullmatch(what):
            model = TrustedModel(name, what)
            with self._changing() as store:
                self._write(TrustStore(store.keys, [*(each for each in store.models if each.digest != what), model]))
            return model
        key = TrustedKey(name, _public_hex(what))
        with self._changing() as store:
            self._write(TrustStore([*(each for each in store.keys if each.public != key.public), key], store.models))
        return key

    def remove(self, what: str) -> None:
        """Trust a key (by its name, id or digits) or a model (by its name or digest) no more.

        Raises ``NotFound`` when nothing of that name is trusted.
        """
        with self._changing() as store:
            keys = [key for key in store.keys if what not in (key.name, key.key_id, key.public)]
            models = [model for model in store.models if what not in (model.name, model.digest)]
            if (keys, models) == (store.keys, store.models):
                raise NotFound(f"Nothing of the name {what!r} is in the trust store.")
            self._write(TrustStore(keys, models))

    @contextmanager
    def _changing(self) -> Iterator[TrustStore]:
        """What was added, while no other process changes it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield self.added()
        finally:
            os.close(descriptor)

    def _make_key(self, file: Path, generate: Callable[[], Ed25519PrivateKey | X25519PrivateKey]) -> None:
        if file.exists():
            return
        partial = self._write_private(crypto.to_pem(generate()))
        try:
            os.link(partial, file)  # the first of several processes wins
        except FileExistsError:
            return
        finally:
            partial.unlink()

    def _write(self, store: TrustStore) -> None:
        os.replace(self._write_private(write_trust(store).encode()), self._folder / TRUST_FILE)

    def _write_private(self, content: bytes) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self._folder / f".{new_token()}.part"
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return partial


def write_trust(store: TrustStore) -> str:
    """A trust store as TOML: the content of ``trust.toml``, and what ``modelyard trust export`` gives away."""
    lines: list[str] = []
    for title, rows in (("keys", store.keys), ("models", store.models)):
        for row in rows:
            lines.append(f"[[{title}]]")
            # a JSON text is a TOML text
            lines.extend(f"{field} = {json.dumps(value)}" for field, value in msgspec.structs.asdict(row).items())
    return "".join(f"{line}\n" for line in lines)


def read_trust(text: str) -> TrustStore:
    """The trust store in a TOML text.

    Raises ``InvalidParameter`` when it cannot be understood.
    """
    try:
        store = msgspec.convert(tomllib.loads(text), TrustStore)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidParameter(f"{error}.") from None
    for key in store.keys:
        _public_hex(key.public)
    for model in store.models:
        if not _DIGEST.fullmatch(model.digest):
            raise InvalidParameter(f"{model.digest!r} is no model's digest.")
    return store


def _refuse_writable(path: Path) -> None:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode) or status.st_mode & _OTHERS_WRITE or status.st_uid not in (0, os.getuid()):
        raise StoreError(f"{os.fspath(path)} can be changed by others: 'chmod go-w' it, and look at what is trusted.")


def read_private_key(file: Path) -> PrivateKeyTypes:
    """The key in a PEM file of this user's.

    Raises ``NotFound`` when there is none, and ``StoreError`` when others can read it or when it holds no key.
    """
    if not file.is_file():
        raise NotFound(f"There is no key file {os.fspath(file)!r}.")
    status = file.stat()
    if status.st_mode & _OTHERS or status.st_uid != os.getuid():
        raise StoreError(f"{os.fspath(file)} can be read by others: 'chmod 600' it, or delete it to get a new one.")
    try:
        return crypto.from_pem(file.read_bytes())
    except ValueError:
        raise StoreError(f"{os.fspath(file)} holds no private key in PEM without a password.") from None


def read_recipient_key(file: Path) -> X25519PrivateKey:
    """The X25519 key in a PEM file; raises as ``read_private_key`` does."""
    key = read_private_key(file)
    if not crypto.is_recipient_key(key):
        raise StoreError(f"{os.fspath(file)} holds no X25519 key.")
    return cast("X25519PrivateKey", key)


def key_id(public: bytes) -> str:
    """What a key is called in signatures: the first 16 hexadecimal digits of the SHA-256 of its bytes."""
    return hashlib.sha256(public).hexdigest()[:16]


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of a key's public half."""
    return key.public_key().public_bytes_raw()


def _public_hex(text: str) -> str:
    try:
        raw = bytes.fromhex(text)
        crypto.public_key(raw)
    except ValueError:
        raise InvalidParameter(
            f"{text!r} is no public key (64 hexadecimal digits, see 'modelyard trust list') and no model's digest"
            " ('sha256:' and 64 hexadecimal digits, see 'modelyard models inspect')."
        ) from None
    return raw.hex()
