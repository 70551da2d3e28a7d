"""``modelyard trust …``: whose models this machine loads although they can run code."""

from __future__ import annotations

import getpass
import platform
from pathlib import Path

from modelyard.cli.command import Arguments, Command, option
from modelyard.cli.printing import Row, show
from modelyard.core.errors import InvalidParameter
from modelyard.models.trust.keys import (
    KeyRing,
    TrustedKey,
    TrustedModel,
    TrustStore,
    public_bytes,
    read_trust,
    write_trust,
)

COLUMNS = ("name", "kind", "id", "trusts")
_LARGEST = 1 << 20


def list_trusted(arguments: Arguments) -> None:
    """List what is trusted, this machine's own key first."""
    store = KeyRing.of_user().trusted()
    rows: list[Row] = [
        *({"name": key.name, "kind": "key", "id": key.key_id, "trusts": key.public} for key in store.keys),
        *({"name": model.name, "kind": "model", "id": "", "trusts": model.digest} for model in store.models),
    ]
    show(rows, COLUMNS, arguments.output)


def add(arguments: Arguments) -> None:
    """Trust a key or a model."""
    ring = KeyRing.of_user()
    file = Path(arguments.what)
    if file.is_file():
        for key in _read(file).keys:
            _say(ring.add(key.public, name=arguments.name or key.name))
    else:
        _say(ring.add(arguments.what, name=arguments.name or arguments.what[:24]))


def remove(arguments: Arguments) -> None:
    """Trust a key or a model no more."""
    KeyRing.of_user().remove(arguments.what)
    print(f"{arguments.what} is trusted no more.")


def export(arguments: Arguments) -> None:
    """Write this machine's public key for others to add."""
    name = arguments.name or f"{getpass.getuser()}@{platform.node()}"
    own = TrustedKey(name, public_bytes(KeyRing.of_user().machine_key()).hex())
    print(write_trust(TrustStore([own])), end="")


def _read(file: Path) -> TrustStore:
    if file.stat().st_size > _LARGEST:
        raise InvalidParameter(f"{str(file)!r} is too large to be a file of 'modelyard trust export'.")
    try:
        store = read_trust(file.read_text(encoding="utf-8"))
    except (InvalidParameter, UnicodeDecodeError):
        store = TrustStore()
    if not store.keys:
        raise InvalidParameter(f"{str(file)!r} holds no key: it is no file of 'modelyard trust export'.")
    return store


def _say(added: TrustedKey | TrustedModel) -> None:
    if isinstance(added, TrustedKey):
        print(f"Models signed by {added.name!r} (key {added.key_id}) load now, and run what they hold.")
    else:
        print(f"The model {added.digest} loads now as {added.name!r}, and runs what it holds.")


NAME = option("--name", metavar="NAME", help="what to call it")

COMMANDS = (
    Command(
        "list",
        list_trusted,
        "list this machine's own key and what else is trusted",
        (option("--output", choices=("table", "json"), default="table", help="a table for people, JSON for programs"),),
    ),
    Command(
        "add",
        add,
        "trust all models a key signs, or one model",
        (
            option(
                "what", metavar="KEY", help="a public key, a model's digest (sha256:…), or a file of 'trust export'"
            ),
            NAME,
        ),
        "examples:\n  modelyard trust add anna.toml\n  modelyard trust add sha256:… --name 'wine, checked by me'",
    ),
    Command(
        "remove",
        remove,
        "trust a key or a model no more",
        (option("what", metavar="NAME", help="its name, its id, or what was added"),),
    ),
    Command("export", export, "write this machine's public key, for others to add", (NAME,)),
)
