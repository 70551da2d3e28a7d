"""A run that was started: what ``run`` answers."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable
from functools import cached_property

from modelyard.client.active import PROCESS
from modelyard.core.errors import ModelyardError
from modelyard.projects.backend import Job, State

Finish = Callable[[State, str], None]
"""Told once how the process ended and why: marks the run, keeps what was said, lets go of what the run needed."""


class SubmittedRun:
    """A run of a project, with MLflow's methods. Threads may share it."""

    def __init__(self, run_id: str, job: Job, finish: Finish, explain: Callable[[str], str] | None = None) -> None:
        self._run_id = run_id
        self._job = job
        self._finish = finish
        self._explain = explain
        self._finishing = threading.Lock()
        self._is_finished = False
        self._pid = os.getpid()

    @property
    def run_id(self) -> str:
        """The id of the run that has what the project logs."""
        return self._run_id

    @property
    def status(self) -> State:
        """``RUNNING``, ``FINISHED``, ``FAILED`` or ``KILLED``."""
        return self._job.state()

    def wait(self) -> bool:
        """Block until it has ended; whether it succeeded. The run is marked as it ended."""
        state = self._job.wait()
        with self._finishing:
            if not self._is_finished:
                self._is_finished = True
                self._finish(state, self.explain())
        return state == "FINISHED"

    def get_status(self) -> State:
        """The same as ``status``, by MLflow's name."""
        return self.status

    def cancel(self) -> None:
        """End it and all it started; the run is marked ``KILLED``."""
        self._job.cancel()
        self.wait()

    def explain(self) -> str:
        """Why it did not succeed, in one line; empty while it runs and when it did."""
        why = self._job.explain()
        return self._explain(why) if self._explain is not None and why else why

    def watch(self) -> None:
        """Mark the run when it has ended, though nobody waits for it.

        The process stays until then when it comes to its end, as MLflow's does; one that is interrupted ends the run.
        """
        atexit.register(self._at_exit)
        self._watcher.start()

    @cached_property
    def _watcher(self) -> threading.Thread:
        return threading.Thread(target=self._watch, name=f"run {self._run_id}", daemon=True)

    def _watch(self) -> None:
        try:
            self.wait()
        except ModelyardError as error:
            sys.stderr.write(f"modelyard: the run {self._run_id} could not be ended: {error.message}\n")
        finally:
            atexit.unregister(self._at_exit)

    def _at_exit(self) -> None:
        if self._pid != os.getpid():
            return
        try:
            if PROCESS.is_interrupted:
                self.cancel()
            self._watcher.join()
        except BaseException:
            self.cancel()
            raise
