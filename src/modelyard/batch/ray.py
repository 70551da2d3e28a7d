"""``--engine ray``: the same chunks, streamed by Ray Data through processes of a cluster that hold the model.

One process of the cluster reads (on this machine, unless the input is in a bucket), and this one writes what comes back in its
order. The model's files are sent, once this machine has decided to trust them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator
from typing import Any

from modelyard.batch.engine import AHEAD
from modelyard.batch.read import Position, Reader
from modelyard.batch.remote import Board, Failed, Scoring, read, unpacked
from modelyard.batch.scorer import Recipe, Scored
from modelyard.batch.write import Encoder
from modelyard.core.errors import InvalidParameter, ModelyardError, first_line
from modelyard.core.extras import require
from modelyard.models.catalog import PYFUNC
from modelyard.models.load import flavor_behind
from modelyard.models.mlmodel import Model
from modelyard.models.trust import admit, digest

_WHAT = "The engine ray"
_WAITING = 2
"""Chunks for each scorer: the one in work, and the next."""


class RayEngine:
    """Processes that hold the model: as many as were asked for, or one for each processor of the cluster.

    ``anywhere`` says that all machines of the cluster see the input.
    """

    def __init__(self, recipe: Recipe, workers: int, address: str, *, anywhere: bool) -> None:
        self._ray: Any = require("ray", what=_WHAT, extra="ray")
        files = _packed(recipe)
        self._started = not self._ray.is_initialized()
        if self._started:
            _connect(self._ray, address)
        self._data: Any = require("ray.data", what=_WHAT, extra="ray")
        warnings.filterwarnings(
            "ignore", "The minimum number of concurrent actors"
        )  # it sees one row, which asks for all
        self._log = logging.getLogger("ray.data")
        self._level = self._log.level
        self._log.setLevel(logging.ERROR)
        if self._ray.util.client.ray.is_connected():
            self.close_cluster()
            raise InvalidParameter(
                "Ray Data runs on a machine of the cluster, not through a ray:// address: start the command there, with"
                " --ray-address auto or with 'ray job submit'."
            )
        self._anywhere = anywhere
        self._count = workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        self._files = self._ray.put(files)
        self._recipe = recipe._replace(trust=digest(recipe.folder))
        self._board = self._ray.remote(num_cpus=0)(Board).remote(_WAITING * self._count + AHEAD)
        self._blocks: Any = None
        try:
            self._ray.get(self._board.take.remote(0))
        except self._ray.exceptions.RayError as error:
            self.close_cluster()
            last = str(error).strip().rpartition("\n")[2]
            raise ModelyardError(f"The Ray cluster cannot run this package: {last}") from None

    def use(self, encoder: Encoder) -> None:
        """Scorers ask for it with their next chunk."""
        self._board.use.remote(encoder)

    def results(self, reader: Reader, after: Position) -> Iterator[Scored]:
        """Two chunks for each scorer, and one more, are somewhere in the cluster."""
        known = self._ray.exceptions
        self._blocks = iter(self._dataset(reader, after).iter_batches(batch_size=1, batch_format="pyarrow"))
        try:
            for block in self._blocks:
                number, found = unpacked(block)
                if isinstance(found, Failed):
                    raise found.error
                self._board.take.remote(number + 1)
                yield found
        except known.RayTaskError as error:
            raise ModelyardError(f"Ray: {error.cause}") from None
        except known.RayError as error:
            raise ModelyardError(
                f"A process of the Ray cluster was lost ({type(error).__name__}). The same command goes on from here."
            ) from None

    def close(self) -> None:
        """End the scorers, and the cluster where it was started for them."""
        if self._blocks is not None:
            self._end(self._blocks)
            self._blocks = None
        self._ray.kill(self._board)
        self.close_cluster()

    def _end(self, blocks: Iterator[Any]) -> None:
        """Let a stream run out: one that is cut off races with what it has under way, and can take this process along."""
        with contextlib.suppress(self._ray.exceptions.RayError):
            self._ray.get(self._board.stop.remote())
            for _ in blocks:
                pass

    def close_cluster(self) -> None:
        """Leave everything as it was found."""
        self._log.setLevel(self._level)
        if self._started:
            self._ray.shutdown()

    def _dataset(self, reader: Reader, after: Position) -> Any:
        """A row that asks for all chunks; the chunks, a block each; what the scorers make of them."""
        node = self._ray.get_runtime_context().get_node_id()
        here = None if self._anywhere else {"ray.io/node-id": node}
        with self._data.DataContext.current(self._context()):
            start = self._data.from_items([0], override_num_blocks=1)
            chunks = start.map_batches(
                read,
                fn_args=(reader, after, self._board),
                batch_size=None,
                batch_format="pyarrow",
                num_cpus=0,
                label_selector=here,
            )
            return chunks.map_batches(
                Scoring,
                fn_constructor_args=(self._recipe, (self._files,), self._board),
                batch_size=1,
                batch_format="pyarrow",
                num_cpus=1,
                compute=self._data.ActorPoolStrategy(
                    size=self._count, max_tasks_in_flight_per_actor=_WAITING, enable_true_multi_threading=False
                ),
            )

    def _context(self) -> Any:
        """How this dataset runs, and no other: in order, a block for each chunk, however long one takes."""
        context = self._data.DataContext.get_current().copy()
        context.execution_options.preserve_order = True
        context.target_max_block_size = context.target_min_block_size = 1
        context.execution_no_progress_timeout_s = -1
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        return context


def _connect(ray: Any, address: str) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
    try:
        ray.init(address=address or None, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError) as error:
        hint = " Is RAY_AUTH_TOKEN the one of that cluster?" if isinstance(error, ConnectionError) else ""
        raise ModelyardError(f"No Ray cluster could be used: {first_line(error)}.{hint}") from None


def _packed(recipe: Recipe) -> dict[str, bytes]:
    """The model's files, once this machine trusts them as it does before it loads one."""
    model = Model.load(recipe.folder)
    admit(recipe.folder, model, flavor=flavor_behind(model.flavors[PYFUNC]), trust=recipe.trust)
    return {
        str(file.relative_to(recipe.folder)): file.read_bytes()
        for file in sorted(recipe.folder.rglob("*"))
        if file.is_file()
    }
