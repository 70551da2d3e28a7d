"""Trials in threads of this process, each waiting for a process of its own."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

from modelyard.pipelines.sweeps.contract import Runner, Trial


class LocalLauncher:
    """As many threads as there are jobs."""

    def __init__(self, runner: Runner, jobs: int) -> None:
        self._runner = runner
        self._threads = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="trial")
        self._running: dict[int, Future[Trial]] = {}

    def submit(self, trial: Trial) -> Future[Trial]:
        """Start it as soon as a thread is free."""
        self._running = {number: future for number, future in self._running.items() if not future.done()}
        future = self._running[trial.number] = self._threads.submit(self._runner.run, trial)
        return future

    def cancel(self, number: int) -> None:
        """End its process, which may take its moment: nobody waits for that."""
        threading.Thread(target=self._runner.cancel, args=(number,), name=f"cancel {number}", daemon=True).start()

    def close(self, *, cancel: bool) -> None:
        """Wait for the threads."""
        if cancel:
            running = [number for number, future in self._running.items() if not future.done()]
            with ThreadPoolExecutor(max_workers=max(1, len(running))) as cancelling:  # each may take its moment
                list(cancelling.map(self._runner.cancel, running))
        self._threads.shutdown(wait=True)
