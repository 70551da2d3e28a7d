"""What is allowed of named datasets, whatever keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from modelyard.core import keys
from modelyard.core.checks import check_storable, missing, too_long
from modelyard.core.entities.dataset_version import DatasetTag
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import datasets as data

MAX_NAME_BYTES = 255
MAX_TYPE = 250
MAX_DESCRIPTION = 100_000
MAX_ALIAS = 255
MAX_ALIASES = 100  # set by one request
MAX_TAGS = 100  # of one request
MAX_TAG_KEY = 250
MAX_TAG_VALUE = 8_000
MAX_URI = 2_048
MAX_RUN_ID = 256
MAX_PAGE = 1_000
MAX_USES = 10_000
LATEST = "latest"

_ALIAS = re.compile(r"[\w.\-]+")
_VERSION = re.compile(r"v(\d{1,18})", re.ASCII)
_LIKE_A_VERSION = re.compile(r"v\d+", re.IGNORECASE)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:.")
_STORED = re.compile(r"runs:/(?P<run>[^/]+)/(?P<path>.+)")


class Reference(NamedTuple):
    """What names a version: a name, and a number, an alias or neither, which is the latest."""

    name: str
    version: int | None = None
    alias: str = ""


def check_name(name: str) -> None:
    """A dataset's name: one segment of an artifact key, at most 255 bytes, without ``/`` and ``:``."""
    if not name.strip():
        raise missing("name")
    check_storable("name", name)
    if len(name.encode()) > MAX_NAME_BYTES:
        raise InvalidParameter(f"The name of a dataset has at most {MAX_NAME_BYTES} bytes, not {len(name.encode())}.")
    if "/" in name or ":" in name or not keys.is_allowed(name):
        raise InvalidParameter(
            f"Invalid dataset name {name!r}. A name is like that of a file: it holds no '/', ':', '\\', '#' and no control"
            " character, begins with no '~', and does not end in a space or a dot."
        )


def parse(reference: str) -> Reference:
    """What ``NAME``, ``NAME:latest``, ``NAME:vN`` or ``NAME:ALIAS`` names.

    >>> parse("raw_data.parquet:v0")
    Reference(name='raw_data.parquet', version=0, alias='')
    >>> parse("raw_data.parquet")
    Reference(name='raw_data.parquet', version=None, alias='')
    """
    if not reference:
        raise missing("reference")
    name, colon, which = reference.partition(":")
    check_name(name)
    if not colon or which.lower() == LATEST:
        return Reference(name)
    number = _VERSION.fullmatch(which)
    if number:
        return Reference(name, int(number[1]))
    if not _is_alias(which):
        raise InvalidParameter(
            f"{reference!r} names no version. Write NAME:v0, NAME:latest, NAME:ALIAS, or NAME for the latest."
        )
    return Reference(name, alias=which)


def check_alias(alias: str) -> None:
    """A new alias: letters, digits, ``_``, ``-``, ``.``, at most 255; not ``latest`` and not ``v<number>``."""
    if not alias:
        raise missing("alias")
    if not _is_alias(alias):
        raise InvalidParameter(
            f"Invalid alias {alias!r}. An alias holds letters, digits, '_', '-' and '.', at most {MAX_ALIAS} of them."
        )
    if alias.lower() == LATEST or _LIKE_A_VERSION.fullmatch(alias):
        raise InvalidParameter(f"The alias {alias!r} is reserved: 'latest', 'v0', 'v1', … name versions by themselves.")


def check_create(request: data.CreateDatasetVersion) -> str | None:
    """Check a new version; answers the run whose artifacts its files are, None for a reference."""
    check_name(request.name)
    check_digest(request.digest)
    if request.size < 0:
        raise InvalidParameter(f"Invalid value {request.size} for parameter 'size' supplied: a size is 0 or more.")
    _check_text("type", request.type, MAX_TYPE)
    _check_text("description", request.description, MAX_DESCRIPTION)
    _check_text("run_id", request.run_id, MAX_RUN_ID)
    _check_count("aliases", request.aliases, MAX_ALIASES)
    for alias in request.aliases:
        check_alias(alias)
    _check_count("tags", request.tags, MAX_TAGS)
    _check_text("uri", request.uri, MAX_URI)
    return _holder(request)


def check_digest(digest: str) -> None:
    """A digest: ``sha256:`` and 64 lower-case hexadecimal digits."""
    if not digest:
        raise missing("digest")
    if not _DIGEST.fullmatch(digest):
        raise InvalidParameter(
            f"Invalid digest {digest[:100]!r}. A digest is 'sha256:' and 64 lower-case hexadecimal digits."
        )


def checked_tags(tags: Iterable[DatasetTag]) -> dict[str, str]:
    """Tags by key; of equal keys the last one counts."""
    found = {}
    for tag in tags:
        if not tag.key:
            raise missing("key")
        _check_text("key", tag.key, MAX_TAG_KEY)
        _check_text("value", tag.value, MAX_TAG_VALUE)
        found[tag.key] = tag.value
    return found


def check_search(request: data.SearchNamedDatasets) -> None:
    """Check a search."""
    _check_text("contains", request.contains, MAX_NAME_BYTES)
    _check_text("type", request.type, MAX_TYPE)
    check_results(request.max_results, MAX_PAGE)


def check_results(count: int, most: int) -> None:
    """Refuse a page of nothing, and one that is too large."""
    if not 1 <= count <= most:
        raise InvalidParameter(
            f"Invalid value {count} for parameter 'max_results' supplied. Ask for 1 to {most} at a time."
        )


def check_lineage(request: data.GetDatasetLineage) -> Reference | None:
    """Check a question of lineage; answers the dataset it is about, None for a run."""
    if bool(request.reference) == bool(request.run_id):
        raise InvalidParameter("Name a dataset by 'reference' or a run by 'run_id', one of both.")
    check_results(request.max_results, MAX_USES)
    _check_text("run_id", request.run_id, MAX_RUN_ID)
    return parse(request.reference) if request.reference else None


def check_run_id(run_id: str) -> None:
    """A run that uses a version has an id."""
    if not run_id:
        raise missing("run_id")
    _check_text("run_id", run_id, MAX_RUN_ID)


def check_update(request: data.UpdateNamedDataset) -> None:
    """Check a change of a dataset."""
    check_name(request.name)
    _check_text("type", request.type or "", MAX_TYPE)
    _check_text("description", request.description or "", MAX_DESCRIPTION)


def _is_alias(text: str) -> bool:
    return len(text) <= MAX_ALIAS and _ALIAS.fullmatch(text) is not None


def _holder(request: data.CreateDatasetVersion) -> str | None:
    if not request.uri:
        raise missing("uri")
    if request.kind == "reference":
        if not _SCHEME.match(request.uri) or request.uri.startswith("runs:"):
            raise InvalidParameter(
                f"Invalid place {request.uri!r} of a reference. It is a URI, such as file:///data/raw.parquet."
            )
        return None
    stored = _STORED.fullmatch(request.uri)
    if stored is None or not keys.is_allowed(stored["path"]) or len(stored["run"]) > MAX_RUN_ID:
        raise InvalidParameter(
            f"Invalid place {request.uri!r} of a stored version. It is in the artifacts of a run: runs:/<run id>/<path>."
        )
    return stored["run"]


def _check_text(parameter: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise too_long(parameter, limit)
    check_storable(parameter, text)


def _check_count(what: str, values: Sequence[object], most: int) -> None:
    if len(values) > most:
        raise InvalidParameter(f"A request can contain at most {most} {what}. Got {len(values)} {what}.")
