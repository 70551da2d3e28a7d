"""``modelyard models …``: looking at a model without loading it; what else is done to models is in files of its own."""

from __future__ import annotations

from pathlib import Path

import msgspec

from modelyard import set_tracking_uri
from modelyard.cli import context, environments, export, predict, sealed, serve
from modelyard.cli.command import TRACKING_URI, Arguments, Command, option
from modelyard.cli.printing import printable, show, show_one
from modelyard.models.addresses import fetch
from modelyard.models.bundles import find_bundle, sealing
from modelyard.models.inspection import Inspection, inspect_folder
from modelyard.models.trust import private_folder

FLAVORS = ("flavor", "tier", "loads_here", "reason")
FILES = ("path", "size", "sha256")
_SHORT = 16


def inspect(arguments: Arguments) -> None:
    """Say everything about a model's files; nothing of the model runs."""
    if arguments.tracking_uri:
        set_tracking_uri(arguments.tracking_uri)
    given = Path(arguments.model_uri)
    place = given if given.exists() else fetch(arguments.model_uri)
    bundle = find_bundle(place)
    if bundle is not None:
        sealed.show_bundle(sealing("look")(bundle), arguments.output)
        return
    seen = inspect_folder(private_folder(place))
    if arguments.output == "json":
        show_one(msgspec.to_builtins(seen), "json")
    else:
        _print(seen)


def _print(seen: Inspection) -> None:
    show_one(
        {
            "digest": seen.digest,
            "signed by": seen.signer,
            "manifest": seen.manifest,
            "verification": seen.verdict,
            "requirements": seen.requirements,
            "code files": seen.code_files,
        },
        "table",
    )
    print()
    flavors = [
        {
            "flavor": each.name if each.name == each.loaded_by else f"{each.name} (by {each.loaded_by})",
            "tier": each.tier,
            "loads_here": "no" if not each.loads else "yes" if each.tier == "data" else f"yes: {each.decision}",
            "reason": each.reason,
        }
        for each in seen.flavors
    ]
    show(flavors, FLAVORS, "table")
    print()
    show([msgspec.structs.asdict(each) | {"sha256": each.sha256[:_SHORT]} for each in seen.files], FILES, "table")
    for file in seen.files:
        if file.names:
            print(f"\n{printable(file.path)} names:")
            for name in file.names:
                print(f"  {printable(name)}")


COMMANDS = (
    Command(
        "inspect",
        inspect,
        "list a model's files, what they name and who signed them, without loading it",
        (
            option(
                "model_uri",
                metavar="URI",
                help="runs:/RUN/PATH, models:/NAME/VERSION, models:/m-…, a folder or a sealed bundle",
            ),
            option(
                "--output", choices=("table", "json"), default="table", help="a table for people, JSON for programs"
            ),
            TRACKING_URI,
        ),
        "example: modelyard models inspect models:/wine@champion",
    ),
    *serve.COMMANDS,
    *predict.COMMANDS,
    *export.COMMANDS,
    *sealed.COMMANDS,
    *context.COMMANDS,
    *environments.COMMANDS,
)
