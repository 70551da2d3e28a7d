"""What a sweep is made of: trials, who thinks of them, and where they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Literal, Protocol

import msgspec

TrialState = Literal["WAITING", "RUNNING", "FINISHED", "FAILED", "KILLED", "PRUNED"]
Kind = Literal["hydra", "parameters", "pipeline"]
Direction = Literal["minimize", "maximize"]
Series = Sequence[tuple[int, float]]
"""A metric so far: (step, value)."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a sweep, numbered from 0 in the order they were thought of. ``values`` are texts as overrides have them."""

    number: int
    values: dict[str, str]
    state: TrialState = "WAITING"
    run_id: str = ""
    value: float | None = None
    seconds: float = 0.0
    why: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it need not run again."""
        return self.state in ("FINISHED", "PRUNED")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a sweep is: kept as the artifact ``sweep.json`` of its run, and never changed after.

    ``overrides`` are Hydra's, all of them, as they were written: ``modeling.depth=range(1,10,2)``. ``kind`` is what they are
    handed to: the words of the parameter ``option`` (``flags`` go before them), the parameters of a project, or the
    configuration of a pipeline.
    ``key`` is a digest of all that makes two sweeps the same one.
    """

    key: str
    uri: str
    entry_point: str = "main"
    version: str = ""
    kind: Kind = "parameters"
    parameters: dict[str, str] = {}
    option: str = ""
    flags: list[str] = []
    overrides: list[str] = []
    sampler: str = "grid"
    trials: int | None = None
    metric: str = ""
    direction: Direction = "maximize"
    prune: bool = False
    seed: int = 42
    env_manager: str = ""


class Sampler(Protocol):
    """Thinks of trials. Called by one thread; told in the order trials end, which is not that of asking.

    Found by its name in ``core/plugins.py``, group ``samplers``; made of a ``Space`` and a ``Plan``. Given the same plan and
    the same trials told, it answers the same: a sweep that was killed goes on where it was.
    """

    def size(self) -> int | None:
        """How many trials there will be; None where nobody knows."""
        ...

    def ask(self, number: int) -> Mapping[str, str] | None:
        """The values of the trial of a number; None when there are no more."""
        ...

    def tell(self, trial: Trial) -> None:
        """How a trial stands: that it runs, or how it ended. A trial may be told again, when it ran again."""
        ...


class Launcher(Protocol):
    """Where trials run, and how many at once. Group ``launchers``: ``local``, ``ray``; made of a ``Runner`` and the number of
    jobs. Called by one thread.
    """

    def submit(self, trial: Trial) -> Future[Trial]:
        """Start a trial; the future has it as it ended, and never an exception for a trial that failed."""
        ...

    def cancel(self, number: int) -> None:
        """End a running trial, and all it started; its future has the state ``KILLED``."""
        ...

    def close(self, *, cancel: bool) -> None:
        """Let everything end; with ``cancel``, end it now."""
        ...


class Runner(Protocol):
    """Runs one trial to its end: a project's run, or a pipeline's. Called from many threads at once, or in another process."""

    def run(self, trial: Trial) -> Trial:
        """The trial as it ended. Never raises for a trial that fails."""
        ...

    def cancel(self, number: int) -> None:
        """End a running trial of this process; one that has not begun yet never will."""
        ...
