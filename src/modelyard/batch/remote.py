"""What runs in the processes of a Ray cluster: the reader, the scorers, and the board by which they know of each other.

A chunk travels as one row with one column, pickled: so a block is a chunk, whatever Ray Data would make of its rows. What goes
wrong travels in the same way, in its place among the chunks: those before it come out.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from modelyard.batch.arrow import arrow
from modelyard.batch.read import Chunk, Position, Reader
from modelyard.batch.scorer import Recipe, Scored, Scorer
from modelyard.batch.write import Encoder
from modelyard.core.errors import ModelyardError
from modelyard.core.extras import require

TRIES = 3
"""A chunk is scored again where a process or a machine was lost: it comes out the same. Not for ever: it may be the cause."""

_COLUMN = "chunk"


class Failed(NamedTuple):
    """In place of a chunk, or of its predictions: why there are none."""

    error: ModelyardError


class Board:
    """What the driver tells the others: how many chunks it has taken, and how segments are written.

    The reader may be ``ahead`` chunks before the driver. Ray Data's own limits are by bytes and soft: it goes beyond them while
    the scorers start, and when one chunk takes long.
    """

    def __init__(self, ahead: int) -> None:
        self._ahead = ahead
        self._taken = 0
        self._encoder: Encoder | None = None
        self._tries: Counter[int] = Counter()
        self._moved = asyncio.Condition()
        self._stopped = False

    async def take(self, count: int) -> None:
        """The driver has so many chunks by now."""
        async with self._moved:
            self._taken = count
            self._moved.notify_all()
        del self._tries[count - 1]

    async def use(self, encoder: Encoder) -> None:
        """From now on segments are written where chunks are scored."""
        self._encoder = encoder

    async def stop(self) -> None:
        """The driver wants no more: what waits ends at once, and the stream comes to its end by itself."""
        async with self._moved:
            self._stopped = True
            self._moved.notify_all()

    async def room(self, number: int) -> bool:
        """Wait until there is room for this chunk; whether it is wanted."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._stopped or number < self._taken + self._ahead)
        return not self._stopped

    async def begin(self, number: int) -> tuple[int, Encoder | None]:
        """A scorer begins with this chunk: how often one did (too often, when it is not wanted), and the encoder."""
        self._tries[number] += 1
        return TRIES + 1 if self._stopped else self._tries[number], self._encoder


def read(_: Any, reader: Reader, after: Position, board: Any) -> Iterator[Any]:
    """A block for each chunk behind a position, as long as there is room for it."""
    ray = _ray()
    ray.get(board.room.remote(0))
    number = 0
    try:
        for chunk in reader.chunks(after):
            yield packed(number, chunk)
            number += 1
            if not ray.get(board.room.remote(number)):
                return
    except (ModelyardError, OSError) as error:
        yield packed(number, Failed(_named(error)))


class Scoring:
    """A process that holds the model. It is loaded with the first chunk, so that what ends the process there is counted."""

    def __init__(self, recipe: Recipe, files: tuple[Any], board: Any) -> None:
        self._ray = _ray()
        self._recipe = recipe
        self._files = files
        self._board = board
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._scorer: Scorer | None = None

    def __call__(self, block: Any) -> Any:
        """Score the chunk of a block."""
        number, chunk = unpacked(block)
        return packed(number, chunk if isinstance(chunk, Failed) else self._scored(number, chunk))

    def _scored(self, number: int, chunk: Chunk) -> Scored | Failed:
        tries, encoder = self._ray.get(self._board.begin.remote(number))
        if tries > TRIES:
            return Failed(ModelyardError(f"The process of the Ray cluster that scores a chunk was lost {TRIES} times."))
        try:
            scorer = self._loaded()
            scorer.encoder = encoder
            return scorer.score(chunk)
        except Exception as error:  # noqa: BLE001 - it is raised where the chunk would be written
            return Failed(_named(error))

    def _loaded(self) -> Scorer:
        if self._scorer is None:
            self._folder = tempfile.TemporaryDirectory(prefix="modelyard-")
            folder = Path(self._folder.name)
            files: Mapping[str, bytes] = self._ray.get(self._files[0])
            for name, content in files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
            scorer = Scorer(self._recipe._replace(folder=folder))
            scorer.load()
            self._scorer = scorer
        return self._scorer


def packed(number: int, what: Any) -> Any:
    """A block of one row; a slice of a table is cut out of what it is a part of."""
    content = _ray().cloudpickle.dumps((number, what))
    return arrow().table({_COLUMN: arrow().array([content], arrow().large_binary())})


def unpacked(block: Any) -> tuple[int, Any]:
    """The number of a chunk, and the chunk or what came of it."""
    found: tuple[int, Any] = _ray().cloudpickle.loads(block.column(_COLUMN)[0].as_buffer())
    return found


def _named(error: Exception) -> ModelyardError:
    return error if isinstance(error, ModelyardError) else ModelyardError(f"Ray: {type(error).__name__}: {error}")


def _ray() -> Any:
    return require("ray", what="The engine ray", extra="ray")
