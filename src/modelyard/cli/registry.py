"""``modelyard registry …``: registered models and their versions."""

from __future__ import annotations

from typing import Any

from modelyard import register_model, set_tracking_uri
from modelyard.cli.command import OUTPUT, TRACKING_URI, YES, Arguments, Command, option
from modelyard.cli.printing import moment, show, show_one
from modelyard.cli.store import client_of, confirm, pages
from modelyard.core.entities import ModelVersion, RegisteredModel
from modelyard.core.errors import InvalidParameter

MODELS = ("name", "latest", "aliases", "last_updated", "description")
VERSIONS = ("name", "version", "stage", "aliases", "created", "run_id", "source")
NAME = option("name", help="the registered model's name")
VERSION = option("--version", metavar="N", help="a version of it")


def list_models(arguments: Arguments) -> None:
    """List registered models."""
    client = client_of(arguments)
    found = pages(client.search_registered_models, arguments.max_results, filter_string=arguments.filter or None)
    show([_model(model) for model in found], MODELS, arguments.output)


def show_model(arguments: Arguments) -> None:
    """Show a model with its versions, or one version."""
    client = client_of(arguments)
    if arguments.version:
        show_one(_version(client.get_model_version(arguments.name, arguments.version)), arguments.output)
        return
    model = client.get_registered_model(arguments.name)
    quoted = arguments.name.replace("'", "''")
    versions = [
        _version(each) for each in pages(client.search_model_versions, None, filter_string=f"name = '{quoted}'")
    ]
    if arguments.output == "json":
        show_one(_model(model) | {"versions": versions}, "json")
    else:
        show(versions, VERSIONS, arguments.output)


def register(arguments: Arguments) -> None:
    """Make the next version of a model from its files."""
    if arguments.tracking_uri:
        set_tracking_uri(arguments.tracking_uri)
    made = register_model(arguments.model_uri, arguments.name)
    print(f"Created version '{made.version}' of model '{made.name}'.")


def alias(arguments: Arguments) -> None:
    """Point an alias to a version, or remove it."""
    client = client_of(arguments)
    if arguments.delete:
        client.delete_registered_model_alias(arguments.name, arguments.alias)
        print(f"Alias '{arguments.alias}' of model '{arguments.name}' is removed.")
        return
    if not arguments.version:
        raise InvalidParameter("Say which version the alias points to: --version N (or --delete to remove it).")
    client.set_registered_model_alias(arguments.name, arguments.alias, arguments.version)
    print(f"Alias '{arguments.alias}' of model '{arguments.name}' points to version {arguments.version}.")


def stage(arguments: Arguments) -> None:
    """Move a version to a stage."""
    moved = client_of(arguments).transition_model_version_stage(
        arguments.name, arguments.version, arguments.stage, archive_existing_versions=arguments.archive_existing
    )
    print(f"Version {moved.version} of model '{moved.name}' is in stage {moved.current_stage}.")


def tag(arguments: Arguments) -> None:
    """Set or remove a tag of a model or version."""
    client = client_of(arguments)
    key, has_value, value = arguments.tag.partition("=")
    if bool(has_value) == arguments.delete:
        raise InvalidParameter("Give the tag as KEY=VALUE, or as KEY with --delete.")
    if arguments.version and arguments.delete:
        client.delete_model_version_tag(arguments.name, arguments.version, key)
    elif arguments.version:
        client.set_model_version_tag(arguments.name, arguments.version, key, value)
    elif arguments.delete:
        client.delete_registered_model_tag(arguments.name, key)
    else:
        client.set_registered_model_tag(arguments.name, key, value)
    print(f"Tag '{key}' is {'removed' if arguments.delete else 'set'}.")


def rename(arguments: Arguments) -> None:
    """Rename a model."""
    client_of(arguments).rename_registered_model(arguments.name, arguments.new_name)
    print(f"Model '{arguments.name}' is now '{arguments.new_name}'.")


def delete(arguments: Arguments) -> int:
    """Remove a model with all its versions, or one version."""
    client = client_of(arguments)
    what = f"version {arguments.version} of model" if arguments.version else "all versions of model"
    client.get_registered_model(arguments.name)
    if not confirm(f"Remove {what} '{arguments.name}' for good?", yes=arguments.yes):
        print("Nothing was removed.")
        return 1
    if arguments.version:
        client.delete_model_version(arguments.name, arguments.version)
    else:
        client.delete_registered_model(arguments.name)
    print(f"Removed {what} '{arguments.name}'.")
    return 0


def _model(model: RegisteredModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "latest": max((int(each.version) for each in model.latest_versions), default=None),
        "aliases": model.aliases,
        "last_updated": moment(model.last_updated_timestamp),
        "description": model.description,
        "tags": model.tags,
    }


def _version(version: ModelVersion) -> dict[str, Any]:
    return {
        "name": version.name,
        "version": version.version,
        "stage": version.current_stage,
        "aliases": version.aliases,
        "created": moment(version.creation_timestamp),
        "run_id": version.run_id,
        "source": version.source,
        "description": version.description,
        "tags": version.tags,
    }


COMMANDS = (
    Command(
        "list",
        list_models,
        "list registered models",
        (
            option("--filter", metavar="FILTER", help="for example: name LIKE 'wine%%'"),
            option("--max-results", type=int, metavar="N", help="at most so many"),
            OUTPUT,
            TRACKING_URI,
        ),
    ),
    Command("show", show_model, "show a model with its versions", (NAME, VERSION, OUTPUT, TRACKING_URI)),
    Command(
        "register",
        register,
        "make the next version of a model",
        (NAME, option("model_uri", metavar="URI", help="its files: runs:/RUN/PATH or models:/m-…"), TRACKING_URI),
        "example: modelyard registry register wine runs:/0123…/model",
    ),
    Command(
        "alias",
        alias,
        "point an alias to a version",
        (
            NAME,
            option("alias", help="the alias, for example champion"),
            VERSION,
            option("--delete", action="store_true", help="remove the alias"),
            TRACKING_URI,
        ),
    ),
    Command(
        "stage",
        stage,
        "move a version to a stage (aliases are the better way)",
        (
            NAME,
            option("stage", help="None, Staging, Production or Archived"),
            option("--version", required=True, metavar="N", help="a version of it"),
            option("--archive-existing", action="store_true", help="archive the others of that stage"),
            TRACKING_URI,
        ),
    ),
    Command(
        "tag",
        tag,
        "set or remove a tag of a model or version",
        (
            NAME,
            option("tag", metavar="KEY[=VALUE]", help="the tag"),
            VERSION,
            option("--delete", action="store_true", help="remove the tag"),
            TRACKING_URI,
        ),
    ),
    Command("rename", rename, "rename a model", (NAME, option("new_name", help="the new name"), TRACKING_URI)),
    Command("delete", delete, "remove a model or a version for good", (NAME, VERSION, YES, TRACKING_URI)),
)
