"""``modelyard models seal``, ``unseal`` and ``keys``: a model as one file that only its recipients open."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

import msgspec

from modelyard.cli.command import TRACKING_URI, Arguments, Command, option
from modelyard.cli.printing import show, show_one
from modelyard.client.progress import Progress
from modelyard.core.errors import InvalidParameter
from modelyard.models.sealed.looking import SealedInspection
from modelyard.sealed import machine_keys, renew_recipient_key, seal, unseal
from modelyard.tracking import set_tracking_uri

_LONGEST_PASSPHRASE = 4096
_SHORT = 16

ASK = option("--passphrase", action="store_true", help="ask for a passphrase that opens the bundle")
FROM_FILE = option("--passphrase-file", metavar="FILE", help="take it from the first line of a file; - is the input")


def seal_model(arguments: Arguments) -> None:
    """Seal a model."""
    _follow(arguments)
    passphrase = _passphrase(arguments, twice=True)
    with Progress("sealing") as progress:
        done = seal(
            arguments.model,
            arguments.path,
            sign=not arguments.no_sign,
            recipients=arguments.recipient,
            passphrase=passphrase,
            progress=progress.at,
        )
    row = {
        "path": str(done.path),
        "bytes": done.size,
        "model": done.digest,
        "signed_by": done.signer or "nobody",
        "opened_by": [*done.recipients, *(["the passphrase"] if passphrase is not None else [])] or "everybody",
    }
    show_one(row, arguments.output)


def show_bundle(seen: SealedInspection, output: str) -> None:
    """Print what was seen of a bundle."""
    if output == "json":
        show_one(msgspec.to_builtins(seen), "json")
        return
    content = seen.content
    row: dict[str, object] = {
        "sealed bundle": f"{seen.size:,} bytes",
        "encrypted": "yes" if seen.encrypted else "no",
        "opened by": seen.recipients or "everybody",
        "opened here": seen.opened,
    }
    if content is not None:
        row |= {
            "digest": content.digest,
            "sealed by": content.signer,
            "sealed at": content.created,
            "loads here": f"yes: {content.decision}" if content.opens else f"no: {content.decision}",
            "requirements": content.requirements,
        }
    show_one(row, "table")
    if content is not None:
        print()
        files = [msgspec.structs.asdict(each) | {"sha256": each.sha256[:_SHORT]} for each in content.files]
        show(files, ("path", "size", "sha256"), "table")


def unseal_bundle(arguments: Arguments) -> None:
    """Make a model folder of a bundle."""
    _follow(arguments)
    passphrase = _passphrase(arguments, twice=False)
    with Progress("unsealing") as progress:
        done = unseal(
            arguments.bundle,
            arguments.path,
            key=Path(arguments.key) if arguments.key else None,
            passphrase=passphrase,
            trust=arguments.trust,
            progress=progress.at,
        )
    show_one({"path": str(done.folder), "model": done.digest, "believed": done.reason}, arguments.output)


def show_keys(arguments: Arguments) -> None:
    """Show the public halves of this machine's keys."""
    if arguments.renew:
        renew_recipient_key()
    keys = machine_keys()
    show_one(keys._asdict(), arguments.output)


def _follow(arguments: Arguments) -> None:
    if arguments.tracking_uri:
        set_tracking_uri(arguments.tracking_uri)


def _passphrase(arguments: Arguments, *, twice: bool) -> str | None:
    if arguments.passphrase and arguments.passphrase_file:
        raise InvalidParameter("Give the passphrase by --passphrase or by --passphrase-file, one of both.")
    if arguments.passphrase_file:
        return _first_line(arguments.passphrase_file)
    if not arguments.passphrase:
        return None
    if not sys.stdin.isatty():
        raise InvalidParameter("--passphrase asks on a terminal; there is none: give --passphrase-file.")
    given = getpass.getpass("Passphrase: ")
    if twice and getpass.getpass("Once more: ") != given:
        raise InvalidParameter("The two passphrases are not the same.")
    return given


def _first_line(file: str) -> str:
    if file == "-":
        return sys.stdin.readline(_LONGEST_PASSPHRASE).rstrip("\r\n")
    with open(file, encoding="utf-8") as content:
        return content.readline(_LONGEST_PASSPHRASE).rstrip("\r\n")


OUTPUT = option("--output", choices=("table", "json", "csv"), default="table", help="how to print")

COMMANDS = (
    Command(
        "seal",
        seal_model,
        "make a model one file that only its recipients open and that opens unchanged or not at all",
        (
            option("model", help="a model folder, runs:/… or models:/…"),
            option("path", help="the file to write, such as wine.sealed"),
            option(
                "-r",
                "--recipient",
                action="append",
                default=[],
                metavar="KEY",
                help="who can open it: x25519:…, as 'modelyard models keys' prints it there; can be repeated",
            ),
            ASK,
            FROM_FILE,
            option("--no-sign", action="store_true", help="do not sign it: loaders must then be given trust for it"),
            OUTPUT,
            TRACKING_URI,
        ),
        examples="example:\n  modelyard models seal ./wine wine.sealed --recipient x25519:8520f009…",
    ),
    Command(
        "unseal",
        unseal_bundle,
        "verify a sealed bundle and make a model folder of it",
        (
            option("bundle", help="the bundle: a file, or runs:/… or models:/…"),
            option("path", help="the folder to make"),
            option("--key", metavar="FILE", help="a recipient's private key in PEM; default: this machine's"),
            ASK,
            FROM_FILE,
            option("--trust", metavar="DIGEST", help="sha256:… of the model, when nobody trusted sealed it"),
            OUTPUT,
            TRACKING_URI,
        ),
    ),
    Command(
        "keys",
        show_keys,
        "print this machine's public keys: the one to seal to, and the one it signs with",
        (
            option(
                "--renew", action="store_true", help="make a new recipient key; the old one still opens old bundles"
            ),
            OUTPUT,
        ),
    ),
)
