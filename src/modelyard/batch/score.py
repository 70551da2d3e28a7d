"""The loop: chunks in, segments out, and what is certain noted as it goes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from modelyard.batch.arrow import arrow
from modelyard.batch.engine import Engine
from modelyard.batch.manifest import Manifest, Part, Record
from modelyard.batch.places import Item
from modelyard.batch.profiling import Profiling
from modelyard.batch.read import Reader
from modelyard.batch.scorer import Recipe, Scored
from modelyard.batch.write import Encoder, layout_of
from modelyard.core.errors import ModelFailed

Watch = Callable[[Manifest], None]


class Loop:
    """Scores what is left of a batch. ``manifest`` is what is certain: it grows about once in ``every`` seconds."""

    def __init__(
        self, recipe: Recipe, record: Record, manifest: Manifest, items: Sequence[Item], *, every: float
    ) -> None:
        self._recipe = recipe
        self._record = record
        self.manifest = manifest
        self._items = items
        self._every = every
        self._profiling = Profiling(manifest.profile)
        self._fresh: list[Part] = []
        self._encoder: Encoder | None = None
        self._begun = self._noted = time.monotonic()
        self._before = manifest.seconds
        self._rows_of_item = _rows_of_last(manifest)
        self.rejected = manifest.rows - manifest.scored

    def run(self, reader: Reader, engine: Engine, *, max_bad: int | None, watch: Watch) -> None:
        """Go through all chunks; ``ModelFailed`` when too many rows are bad. What was done until then is kept."""
        if self.manifest.layout is not None:
            self._encode_with(engine)
        try:
            for scored in engine.results(reader, self.manifest.after):
                self._take(scored, engine)
                if max_bad is not None and self.rejected > max_bad:
                    raise ModelFailed(
                        f"{self.rejected} rows could not be scored, and --max-bad is {max_bad}. They are listed in"
                        f" {str(self._record.rejected)!r}. The same command with a larger number goes on from here."
                    )
                if time.monotonic() - self._noted >= self._every:
                    self.note()
                    watch(self.manifest)
        finally:
            self.note()
        if self._encoder is None:
            self._lay_out(
                self._empty(reader), {self._recipe.prediction_column: arrow().array([], arrow().float64())}, engine
            )
        self.note(state="scored")
        watch(self.manifest)

    def note(self, state: Literal["open", "scored"] = "open") -> None:
        """Make certain what was written."""
        self.manifest = msgspec.structs.replace(
            self.manifest,
            state=state,
            parts=(*self.manifest.parts, *self._fresh),
            profile=self._profiling.result(),
            seconds=self._before + time.monotonic() - self._begun,
        )
        self._fresh = []
        self._record.note(self.manifest)
        self._noted = time.monotonic()

    def _encode_with(self, engine: Engine) -> None:
        assert self.manifest.layout is not None
        self._encoder = Encoder(self.manifest.subject.output_format, self.manifest.layout, self._recipe.delimiter)
        engine.use(self._encoder)

    def _take(self, scored: Scored, engine: Engine) -> None:
        segment = scored.segment
        if segment is None:
            segment = self._encoded(scored, engine)
        rejected = self._rejected(scored)
        self._record.append(segment, rejected)
        self._profiling.add(scored.outputs)
        self._fresh.append(
            Part(
                begin=scored.begin,
                end=scored.end,
                rows=scored.rows,
                scored=scored.scored,
                bytes=len(segment),
                sha256=hashlib.sha256(segment).hexdigest(),
                rejected_bytes=len(rejected),
            )
        )

    def _encoded(self, scored: Scored, engine: Engine) -> bytes:
        if self._encoder is None:
            self._lay_out(scored.kept, scored.outputs, engine)
        assert self._encoder is not None
        return self._encoder.encode(scored.kept, scored.outputs)

    def _lay_out(self, kept: Any, outputs: Mapping[str, Any], engine: Engine) -> None:
        """Decide on the output's columns, and write what stands before the first segment."""
        wanted = self._recipe.wanted.kept
        layout = layout_of(kept, self._recipe.names if wanted is None else wanted, outputs)
        self.manifest = msgspec.structs.replace(self.manifest, layout=layout)
        self._encode_with(engine)
        assert self._encoder is not None
        head = self._encoder.head()
        self._record.append(head, b"")
        self.manifest = msgspec.structs.replace(self.manifest, head=len(head))

    def _empty(self, reader: Reader) -> Any:
        """No rows of the input: its columns are written as texts."""
        kept = self._recipe.wanted.kept
        names = reader.names if kept is None else kept
        return arrow().schema([(name, arrow().string()) for name in names]).empty_table()

    def _rejected(self, scored: Scored) -> bytes:
        """The lines about bad rows; rows are counted from 1 in each file."""
        item, rows = self._rows_of_item
        before = rows if item == scored.end.item else 0
        self._rows_of_item = (scored.end.item, before + scored.rows)
        self.rejected += len(scored.bad)
        name = self._items[scored.end.item].address
        return b"".join(
            msgspec.json.encode({"file": name, "row": before + place + 1, "reason": reason}) + b"\n"
            for place, reason in scored.bad
        )


def _rows_of_last(manifest: Manifest) -> tuple[int, int]:
    """The file the batch is in, and how many rows of it were read."""
    last = manifest.after.item
    return last, sum(part.rows for part in manifest.parts if part.end.item == last)
