"""The profile of a table: made of data, merged, written and read."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.example import split_example
from modelyard.models.options import SaveOptions
from modelyard.models.profile import sketches
from modelyard.models.profile.chunks import MOST_COLUMNS, chunks
from modelyard.models.profile.column import ColumnProfile, Tally

_logger = logging.getLogger(__name__)

FILE = "profile.json"
FORMAT = 1
_LARGEST = 64 << 20
_NO_SKETCHES = "The package datasketches was not installed: there are no quantiles and no frequent values."


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of data: how many rows, and each column. ``source`` says which data that was."""

    format: int = FORMAT
    source: str = ""
    rows: int = 0
    columns: list[ColumnProfile] = []
    notes: list[str] = []

    def column(self, name: str) -> ColumnProfile | None:
        """The column of a name, or None."""
        return next((each for each in self.columns if each.name == name), None)

    def merge(self, other: Profile) -> Profile:
        """The profile of both data together, within the errors of the sketches.

        A frequent text that is rare in one part is counted without the rows there: by less than 1 % of them.
        """
        tallies = {each.name: Tally.of(each) for each in self.columns}
        for each in other.columns:
            if each.name in tallies:
                tallies[each.name].merge(Tally.of(each))
            else:
                tallies[each.name] = Tally.of(each)
                tallies[each.name].missing += self.rows
        theirs = {each.name for each in other.columns}
        for name, tally in tallies.items():
            tally.missing += 0 if name in theirs else other.rows
        return Profile(
            source=self.source,
            rows=self.rows + other.rows,
            columns=[tally.result() for tally in tallies.values()],
            notes=list(dict.fromkeys([*self.notes, *other.notes])),
        )


def profile_of(data: Any, *, source: str = "") -> Profile:
    """The profile of a table, an array, rows, a dict of columns, a dataset, or an iterator of those, in one pass.

    Raises ``InvalidParameter`` for anything else.

    >>> found = profile_of([{"age": 31, "city": "Bern"}, {"age": None, "city": "Graz"}])
    >>> found.rows, found.column("age").missing, found.column("age").mean
    (2, 1, 31.0)
    """
    tallies: dict[str, Tally] = {}
    rows = left_out = 0
    for chunk in chunks(data):
        seen = set()
        for name, values in chunk.columns:
            if name not in tallies:
                if len(tallies) >= MOST_COLUMNS:
                    left_out = max(left_out, 1)
                    continue
                tallies[name] = Tally(name)
                tallies[name].missing = rows
            tallies[name].add(values)
            seen.add(name)
        for name in tallies.keys() - seen:
            tallies[name].missing += chunk.rows
        rows, left_out = rows + chunk.rows, max(left_out, chunk.left_out)
    columns = [tally.result() for tally in tallies.values()]
    return Profile(source=source, rows=rows, columns=columns, notes=_notes(left_out))


def _notes(left_out: int) -> list[str]:
    notes = [] if sketches.available() else [_NO_SKETCHES]
    if left_out:
        notes.append(f"Only the first {MOST_COLUMNS} columns are profiled.")
    return notes


def save(folder: Path, options: SaveOptions) -> None:
    """Write the profile of the training data, or else of the example, if there is either and it is wanted.

    Raises ``InvalidParameter`` for training data that no profile can be made of; an example may be anything.
    """
    if not options.profile:
        return
    if options.training_data is not None:
        write(folder, profile_of(options.training_data, source="training_data"))
    elif options.input_example is not None:
        try:
            write(folder, profile_of(split_example(options.input_example)[0], source="input_example"))
        except (InvalidParameter, TypeError, ValueError) as error:
            _logger.debug("No profile of the input example: %s", error)


def write(folder: Path, profile: Profile) -> None:
    """Write a profile into a model folder."""
    (folder / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(profile), indent=1))


def read_profile(folder: Path) -> Profile | None:
    """The profile in a model folder, or None where there is none.

    Raises ``InvalidParameter`` for a file that is no profile, or one of a format this release does not know.
    """
    file = folder / FILE
    if not file.is_file():
        return None
    if file.stat().st_size > _LARGEST:
        raise InvalidParameter(f"{FILE} has more than {_LARGEST >> 20} MiB: that is no profile.")
    content = file.read_bytes()
    _check_format(content)
    try:
        return msgspec.json.decode(content, type=Profile)
    except msgspec.MsgspecError as error:
        raise InvalidParameter(f"{FILE} is no profile of training data: {error}") from None


def _check_format(content: bytes) -> None:
    try:
        told = msgspec.json.decode(content)
    except msgspec.MsgspecError as error:
        raise InvalidParameter(f"{FILE} is not JSON: {error}") from None
    number = told.get("format") if isinstance(told, Mapping) else None
    if number != FORMAT:
        raise InvalidParameter(f"{FILE} is of format {number!r}; this release reads {FORMAT}.")
