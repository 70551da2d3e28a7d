"""One chunk: read its rows, let the model predict, and write the segment of the output."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from modelyard.batch import bisect
from modelyard.batch.arrow import arrow
from modelyard.batch.options import Format
from modelyard.batch.predictions import Naming
from modelyard.batch.read import Chunk, Position
from modelyard.batch.rows import Bad, CsvParser, JsonParser, Parser, Rows, TableParser, Wanted
from modelyard.batch.speed import Shortcut, find_forest, find_numbers
from modelyard.batch.write import Encoder
from modelyard.core.errors import ModelFailed
from modelyard.core.extras import optional
from modelyard.models.catalog import PYFUNC
from modelyard.models.libraries import kind_of
from modelyard.models.load import flavor_behind, load_pyfunc
from modelyard.models.mlmodel import Model
from modelyard.models.pyfunc import PyFuncModel

_SAFE = frozenset({"sklearn"})
"""Flavors whose models predict from several threads at once."""


class Recipe(NamedTuple):
    """All that a process needs to know to score chunks; it can be sent to another one."""

    folder: Path
    trust: str | None
    form: Format
    names: tuple[str, ...]
    delimiter: str
    wanted: Wanted
    prediction_column: str
    outputs: tuple[str, ...]
    params: Mapping[str, Any]

    def parser(self) -> Parser:
        """What makes rows of chunks."""
        if self.form == "csv":
            return CsvParser(self.wanted, self.names, self.delimiter)
        return JsonParser(self.wanted) if self.form == "jsonl" else TableParser(self.wanted)


class Scored(NamedTuple):
    """A chunk with its predictions. ``segment`` is None where nobody knew the layout yet: then ``kept`` is there instead."""

    begin: int
    end: Position
    rows: int
    scored: int
    bad: Sequence[Bad]
    outputs: Mapping[str, Any]
    kept: Any
    segment: bytes | None


class Scorer:
    """A model that scores chunks; any thread may call ``score``, and ``workers`` do at once."""

    def __init__(self, recipe: Recipe, workers: int = 1) -> None:
        self.encoder: Encoder | None = None
        self._workers = workers
        self._recipe = recipe
        self._parse = recipe.parser()
        self._turn: Any = threading.Lock()
        self._loading = threading.Lock()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._model: PyFuncModel | None = None
        self._shortcut: Shortcut | None = None
        self._naming = Naming(recipe.prediction_column)
        self._named = False
        self._worked = False

    def load(self) -> None:
        """Load the model, or what there is of it that is enough; chunks that are read meanwhile wait for it."""
        try:
            about, recipe = Model.load(self._recipe.folder), self._recipe
            outputs = about.get_output_schema()
            names = outputs.input_names() if outputs is not None and outputs.has_input_names() else ()
            self._naming = Naming(recipe.prediction_column, names, recipe.outputs)
            self._named = about.get_input_schema() is not None
            if recipe.form == "jsonl" or recipe.params:
                self._whole()
                return
            self._shortcut = find_numbers(recipe.folder, about, trust=recipe.trust, workers=self._workers)
            if self._shortcut is None:
                self._shortcut = find_forest(about, self._whole().get_raw_model(), workers=self._workers)
        except BaseException as error:
            self._failure = error
            raise
        finally:
            self._ready.set()

    def close(self) -> None:
        """Let go of the processes that help, if there are any."""
        if self._shortcut is not None:
            self._shortcut.close()

    def _whole(self) -> PyFuncModel:
        with self._loading:
            if self._model is None:
                model = load_pyfunc(self._recipe.folder, trust=self._recipe.trust)
                if flavor_behind(model.metadata.flavors[PYFUNC]) in _SAFE:
                    self._turn = contextlib.nullcontext()
                self._model = model
            return self._model

    def score(self, chunk: Chunk) -> Scored:
        """Score a chunk; raises ``ModelFailed`` when the model works on none of its rows and never did."""
        rows = self._parse(chunk)
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        found = self._predicted(rows)
        kept, good = rows.kept, len(next(iter(found.outputs.values()))) if found.outputs else 0
        if found.bad:
            kept = _taken(kept, found.good)
        bad = _all_bad(rows, found.bad)
        outputs = found.outputs or {}
        encoder = self.encoder
        segment = b"" if not good else encoder.encode(kept, outputs) if encoder is not None else None
        return Scored(
            chunk.begin, chunk.end, rows.total, good, bad, outputs, None if segment is not None else kept, segment
        )

    def _predicted(self, rows: Rows) -> bisect.Found:
        if not bisect.size_of(rows.features):
            return bisect.Found(None, None, [])
        try:
            outputs = self._predict(rows.features)
        except Exception as error:
            if bisect.is_final(error):
                raise
        else:
            self._worked = True
            return bisect.Found(outputs, None, [])
        try:
            found = bisect.search(self._predict, rows.features, sample=not self._worked)
        except bisect.NothingScoredError as error:
            raise ModelFailed(
                f"The model could not score any of the first rows. The reason for one of them: {error}"
            ) from None
        self._worked = self._worked or found.outputs is not None
        return found

    def _predict(self, features: Any) -> Mapping[str, Any]:
        count = bisect.size_of(features)
        if self._shortcut is not None and kind_of(features) == "arrow":
            answer = self._shortcut(features)
            if answer is not None:
                return self._naming.columns(answer, count)
        model, data = self._whole(), _for_model(features, named=self._named)
        with self._turn:
            answer = model.predict(data, dict(self._recipe.params) or None)
        return self._naming.columns(answer, count)


def _for_model(features: Any, *, named: bool) -> Any:
    """The rows as MLflow hands them to a model: a pandas data frame, where there is pandas."""
    pandas = optional("pandas")
    if isinstance(features, list):
        return features if named or pandas is None else pandas.DataFrame(features)
    return features if pandas is None else features.to_pandas()


def _taken(kept: Any, places: Any) -> Any:
    if isinstance(kept, tuple):
        return type(kept)(kept[0].take(arrow().array(places)))
    return bisect.take(kept, places)


def _all_bad(rows: Rows, bad: Sequence[Bad]) -> list[Bad]:
    """The bad rows by their place in the chunk, those that could not be read and those that could not be scored."""
    if rows.good is not None:
        bad = [(int(rows.good[place]), reason) for place, reason in bad]
    return sorted([*rows.bad, *bad])
