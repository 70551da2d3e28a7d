"""Writers, compactors and readers at work at once, in threads and in processes that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.integration.services.tracking.metrics.yard import Yard, point

COUNT = 100


class Crowd:
    """Threads whose errors are the test's."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self.written: dict[int, int] = {}
        self.is_over = threading.Event()

    def start(self, work: Callable[..., None], *arguments: object) -> threading.Thread:
        def guarded() -> None:
            try:
                work(*arguments)
            except BaseException as error:
                self.errors.append(error)
                raise

        thread = threading.Thread(target=guarded)
        thread.start()
        return thread

    def write(self, yard: Yard, run: int) -> None:
        for step in range(COUNT):
            yard.append(run, [point(step, 0.5), point(-step, 0.25, timestamp=COUNT - step, key="lr")])
            self.written[run] = step + 1

    def compact(self, yard: Yard) -> None:
        compactor = yard.compactor()
        while not self.is_over.is_set():
            compactor.compact_some(5)
            time.sleep(0.002)

    def read(self, yard: Yard, run: int) -> None:
        while not self.is_over.is_set():
            least = self.written.get(run, 0)
            steps = [one.step for one in yard.history(run, page=50)]
            assert steps == list(range(len(steps)))
            assert len(steps) >= least
            time.sleep(0.002)


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_nothing_is_lost_repeated_or_hidden(databases, kind: str) -> None:
    yard = Yard.new(databases.new(kind))
    runs = [yard.run(), yard.run()]
    crowd = Crowd()
    writers = [crowd.start(crowd.write, yard, run) for run in runs]
    others = [crowd.start(crowd.compact, yard), crowd.start(crowd.compact, yard)]
    others += [crowd.start(crowd.read, yard, run) for run in runs]
    for thread in writers:
        thread.join()
    crowd.is_over.set()
    for thread in others:
        thread.join()
    yard.compactor().compact_all()
    assert crowd.errors == []
    for run in runs:
        assert [one.step for one in yard.history(run)] == list(range(COUNT))
        assert [one.timestamp for one in yard.history(run, "lr")] == list(range(1, COUNT + 1))
        assert_chunks_do_not_overlap(yard, run)


def assert_chunks_do_not_overlap(yard: Yard, run: int) -> None:
    with yard.db.read() as conn:
        found = conn.rows(
            "SELECT key, first_timestamp, first_step, last_timestamp, last_step FROM metric_chunks"
            " WHERE run = ? ORDER BY key, last_timestamp, last_step, first_timestamp, first_step",
            (run,),
        )
    assert found
    assert [(one, other) for one, other in pairwise(found) if one[0] == other[0] and other[1:3] < one[3:5]] == []


WORKER = """
import sys
from pathlib import Path
from modelyard.db.sqlite import SqliteDatabase
from tests.integration.services.tracking.metrics.yard import Yard, point
yard = Yard(SqliteDatabase(Path(sys.argv[1])), 77)
run, start = int(sys.argv[2]), int(sys.argv[3])
compactor = yard.compactor()
for step in range(start, start + 100_000):
    yard.append(run, [point(step, 0.5), point(-step, 0.5, key="lr", timestamp=step % 7)])
    print(step, flush=True)
    compactor.compact_some(0)
"""


def test_processes_that_are_killed_in_the_middle_leave_every_point_they_were_promised(databases) -> None:
    path: Path = databases.path()
    yard = Yard.new(databases.sqlite(path))
    runs = [yard.run(), yard.run()]
    written = dict.fromkeys(runs, -1)
    folder = Path(__file__).parents[5]
    environment = os.environ | {"PYTHONPATH": f"{folder / 'src'}{os.pathsep}{folder}"}
    for kill in range(4):
        workers = {
            run: subprocess.Popen(
                [sys.executable, "-c", WORKER, str(path), str(run), str(written[run] + 1)],
                stdout=subprocess.PIPE,
                env=environment,
                text=True,
            )
            for run in runs
        }
        for run, worker in workers.items():
            assert worker.stdout is not None
            for _ in range(10):
                written[run] = int(worker.stdout.readline())
        time.sleep(0.05 + 0.07 * kill)
        for run, worker in workers.items():
            worker.send_signal(signal.SIGKILL)
            told = worker.communicate()[0].split("\n")[:-1]  # what is behind the last end of line was cut off
            written[run] = max([written[run], *map(int, told)])
        for run in runs:
            steps = [one.step for one in yard.history(run)]
            assert steps in (list(range(written[run] + 1)), list(range(written[run] + 2)))  # one may not have been told
            written[run] = len(steps) - 1
    assert min(written.values()) > 20
    yard.compactor().compact_all()
    for run in runs:
        assert [one.step for one in yard.history(run)] == list(range(written[run] + 1))
        assert len(yard.history(run, "lr")) == written[run] + 1
        assert_chunks_do_not_overlap(yard, run)
    assert yard.db.check() == []
