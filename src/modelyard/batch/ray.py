"""``--engine ray``: the same chunks, worked on by actors of a Ray cluster.

This process reads the input, sends chunks, and writes what comes back in their order; so the cluster needs neither the input's
disk nor the output's. The model's files are sent too, once this machine has decided to trust them.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from modelyard.batch.engine import AHEAD
from modelyard.batch.read import Chunk
from modelyard.batch.scorer import Recipe, Scored, Scorer
from modelyard.batch.write import Encoder
from modelyard.core.errors import ModelyardError
from modelyard.core.extras import require
from modelyard.models.catalog import PYFUNC
from modelyard.models.load import flavor_behind
from modelyard.models.mlmodel import Model
from modelyard.models.trust import admit, digest

_TRIES = 2
"""A chunk may be scored again where a machine was lost: it comes out the same."""


class RayEngine:
    """Actors that hold the model: as many as were asked for, or one for each processor of the cluster."""

    def __init__(self, recipe: Recipe, workers: int, address: str) -> None:
        self._ray: Any = require("ray", what="The engine ray", extra="ray")
        self._started = not self._ray.is_initialized()
        if self._started:
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
            try:
                self._ray.init(
                    address=address or None, include_dashboard=False, log_to_driver=False, logging_level="ERROR"
                )
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise ModelyardError(f"No Ray cluster could be used: {str(error).splitlines()[0]}") from None
        count = workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        files = self._ray.put(_packed(recipe))
        recipe = recipe._replace(trust=digest(recipe.folder))
        actor = self._ray.remote(num_cpus=1, max_restarts=_TRIES, max_task_retries=_TRIES)(_Actor)
        self._actors = [actor.remote(recipe, files) for _ in range(count)]

    def use(self, encoder: Encoder) -> None:
        """Send the encoder to all."""
        for actor in self._actors:
            actor.use.remote(encoder)

    def results(self, chunks: Iterator[Chunk]) -> Iterator[Scored]:
        """One chunk for each actor, and one more."""
        waiting: deque[Any] = deque()
        for number, chunk in enumerate(chunks):
            waiting.append(self._actors[number % len(self._actors)].score.remote(chunk))
            if len(waiting) >= len(self._actors) + AHEAD:
                yield self._result(waiting.popleft())
        while waiting:
            yield self._result(waiting.popleft())

    def close(self) -> None:
        """End the actors, and the cluster where it was started for them."""
        for actor in self._actors:
            self._ray.kill(actor)
        if self._started:
            self._ray.shutdown()

    def _result(self, reference: Any) -> Scored:
        known = self._ray.exceptions
        try:
            found: Scored = self._ray.get(reference)
        except known.RayTaskError as error:
            cause = error.cause
            raise cause if isinstance(cause, ModelyardError) else ModelyardError(f"Ray: {cause}") from None
        except known.RayError as error:
            raise ModelyardError(
                f"A worker of the Ray cluster was lost ({type(error).__name__}). The same command goes on from here."
            ) from None
        return found


class _Actor:
    """A process of the cluster that holds the model."""

    def __init__(self, recipe: Recipe, files: Mapping[str, bytes]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="modelyard-")
        folder = Path(self._folder.name)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        self._scorer = Scorer(recipe._replace(folder=folder))
        self._scorer.load()

    def use(self, encoder: Encoder) -> None:
        """From now on segments are written here."""
        self._scorer.encoder = encoder

    def score(self, chunk: Chunk) -> Scored:
        """Score a chunk."""
        return self._scorer.score(chunk)


def _packed(recipe: Recipe) -> dict[str, bytes]:
    """The model's files, once this machine trusts them as it does before it loads one."""
    model = Model.load(recipe.folder)
    admit(recipe.folder, model, flavor=flavor_behind(model.flavors[PYFUNC]), trust=recipe.trust)
    return {
        str(file.relative_to(recipe.folder)): file.read_bytes()
        for file in sorted(recipe.folder.rglob("*"))
        if file.is_file()
    }
