"""The engine: no batches, a bound, one trial's failure is its own, and what is stored is enough to go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from modelyard.client.client import MlflowClient
from modelyard.core import plugins
from modelyard.core.errors import Conflict, NotFound, ProjectFailed
from modelyard.pipelines.sweeps.contract import Plan, Trial
from modelyard.pipelines.sweeps.engine import Engine, Outcome
from modelyard.pipelines.sweeps.grammar import space_of
from modelyard.pipelines.sweeps.hold import Hold
from modelyard.pipelines.sweeps.launchers.local import LocalLauncher
from modelyard.pipelines.sweeps.record import Record, best_of

pytest.importorskip("hydra", reason="hydra is not installed")

PATIENCE = 60.0  # seconds after which a test that hangs has failed
Work = Callable[[Trial], str]


class Counted:
    """A runner whose trials are calls of a function, and which counts."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.begun: list[int] = []
        self.ended = 0
        self.most = 0
        self.now = 0
        self.cancelled: dict[int, threading.Event] = {}
        self.changed = threading.Condition()

    def run(self, trial: Trial) -> Trial:
        with self.changed:
            self.begun.append(trial.number)
            self.now += 1
            self.most = max(self.most, self.now)
            self.cancelled.setdefault(trial.number, threading.Event())
        try:
            state: Any = self.work(trial)
        finally:
            with self.changed:
                self.now -= 1
                self.ended += 1
                self.changed.notify_all()
        return msgspec.structs.replace(trial, state=state)

    def cancel(self, number: int) -> None:
        with self.changed:
            self.cancelled.setdefault(number, threading.Event()).set()

    def wait_until(self, ended: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.ended >= ended, PATIENCE)


class Bench:
    """A stored sweep, and engines over it."""

    def __init__(self, overrides: list[str], **plan: Any) -> None:
        self.client = MlflowClient()
        self.space = space_of(overrides)
        self.plan = Plan(key="k", uri="here", kind="hydra", overrides=overrides, **plan)
        self.record = Record.create(self.client, self.plan, "0", size=self.space.size, name="sweep", tags={})
        self.told: list[Trial] = []

    def engine(self, runner: Any, jobs: int = 2) -> Engine:
        sampler = plugins.load("samplers", self.plan.sampler)(self.space, self.plan)
        launcher = LocalLauncher(runner, jobs)
        return Engine(self.record, self.space, sampler, launcher, jobs=jobs, told=self.told.append)

    def run(self, work: Work, jobs: int = 2) -> tuple[Outcome, Counted]:
        runner = Counted(work)
        return self.engine(runner, jobs).run(), runner

    def statuses(self) -> list[str]:
        return [run.info.status for run in self.record._children()]


def finished(_: Trial) -> str:
    return "FINISHED"


def untimed(trials: dict[int, Trial]) -> list[Trial]:
    return [msgspec.structs.replace(trial, seconds=0.0) for trial in trials.values()]


def test_every_trial_runs_once_in_order_and_is_a_run_with_its_params() -> None:
    bench = Bench(["a.b=10,15", "+c=range(1,7,2)", "d=0"])
    outcome, runner = bench.run(finished, jobs=1)
    assert outcome.state == "FINISHED"
    assert runner.begun == list(range(6))
    runs = list(bench.record._children())
    assert [run.data.params for run in runs] == [{"a.b": a, "c": c, "d": "0"} for a in ("10", "15") for c in "135"]
    assert {run.data.tags["mlflow.parentRunId"] for run in runs} == {bench.record.run_id}
    assert [run.data.tags["modelyard.trial"] for run in runs] == list("012345")
    assert untimed(bench.record.trials()) == untimed(outcome.trials)


def test_a_slow_trial_holds_up_nobody() -> None:
    bench = Bench(["a=range(0,20)"])
    runner: Counted

    def work(trial: Trial) -> str:  # the first ends only when all others have: in batches it would wait for ever
        return "FINISHED" if trial.number or runner.wait_until(19) else "FAILED"

    runner = Counted(work)
    outcome = bench.engine(runner, jobs=2).run()
    assert outcome.state == "FINISHED"
    assert runner.ended == 20


def test_no_more_trials_run_at_once_than_there_are_jobs() -> None:
    bench = Bench(["a=range(0,12)"])
    together = threading.Barrier(3, timeout=PATIENCE)

    def work(_: Trial) -> str:
        together.wait()  # three are there at once, time and again
        return "FINISHED"

    _, runner = bench.run(work, jobs=3)
    assert runner.most == 3


def test_a_trial_that_fails_loses_no_other_and_alone_runs_again() -> None:
    bench = Bench(["a=range(0,10)"])
    outcome, _ = bench.run(lambda trial: "FAILED" if trial.number == 7 else "FINISHED")
    assert outcome.state == "FAILED"
    assert (outcome.count("FINISHED"), outcome.count("FAILED")) == (9, 1)
    again, runner = bench.run(finished)
    assert again.state == "FINISHED"
    assert runner.begun == [7]
    assert sorted(bench.statuses()) == ["FAILED"] + ["FINISHED"] * 10


def test_a_fault_of_the_program_costs_one_trial() -> None:
    def work(trial: Trial) -> str:
        if trial.number == 1:
            raise ProjectFailed("there is no python")
        if trial.number == 2:
            raise ZeroDivisionError
        return "FINISHED"

    outcome, _ = Bench(["a=range(0,4)"]).run(work)
    assert [trial.state for trial in outcome.trials.values()] == ["FINISHED", "FAILED", "FAILED", "FINISHED"]
    assert [outcome.trials[number].why for number in (1, 2)] == ["there is no python", "ZeroDivisionError: "]


def test_a_sweep_that_is_stopped_goes_on_with_what_is_left() -> None:
    bench = Bench(["a=range(0,8)"])
    runner: Counted

    def work(trial: Trial) -> str:
        if trial.number < 3:
            return "FINISHED"
        engine.stop()
        return "KILLED" if runner.cancelled[trial.number].wait(PATIENCE) else "FAILED"

    runner = Counted(work)
    engine = bench.engine(runner)
    outcome = engine.run()
    assert outcome.state == "KILLED"
    assert outcome.count("FINISHED") == 3
    begun = set(runner.begun)
    again, runner = bench.run(finished)
    assert again.state == "FINISHED"
    assert set(runner.begun) == set(range(8)) - {0, 1, 2}
    assert begun <= {0, 1, 2, 3, 4}


def test_what_a_dead_sweep_left_running_is_marked_and_runs_again() -> None:
    bench = Bench(["a=range(0,3)"])
    for number in (0, 1):
        bench.record.begin(Trial(number=number, values={"a": str(number)}), {}, "left")
    ended = next(trial for trial in bench.record.running() if trial.number == 0)
    bench.client.set_terminated(ended.run_id, "FINISHED")  # its process came to its end by itself
    outcome, runner = bench.run(finished)
    assert outcome.state == "FINISHED"
    assert sorted(runner.begun) == [1, 2]
    assert sorted(bench.statuses()) == ["FINISHED", "FINISHED", "FINISHED", "KILLED"]


def test_a_run_that_was_killed_before_it_was_a_whole_sweep_is_none() -> None:
    bench = Bench(["a=range(0,3)"])
    half = bench.client.create_run("0", run_name="sweep").info.run_id  # all there is before the plan is stored
    found = Record.unfinished(bench.client, bench.plan, "0")
    assert found is not None
    assert found.run_id == bench.record.run_id
    assert found.plan == bench.plan
    with pytest.raises(NotFound, match="is no sweep"):
        Record.open(bench.client, half)


def test_the_value_is_the_last_of_the_metric_in_the_run_or_below_it() -> None:
    bench = Bench(["a=range(0,4)"], metric="loss", direction="minimize")

    def work(trial: Trial) -> str:
        client = MlflowClient()
        if trial.number == 0:
            for step, value in enumerate((9.0, 3.0)):
                client.log_metric(trial.run_id, "loss", value, step=step)
        elif trial.number < 3:
            elsewhere = client.create_experiment("dev") if trial.number == 2 else "0"
            below = client.create_run(elsewhere, tags={"mlflow.parentRunId": trial.run_id}).info.run_id
            client.log_metric(below, "loss", float(trial.number))
            client.set_terminated(below)
        return "FINISHED"

    outcome, _ = bench.run(work, jobs=1)
    assert [trial.value for trial in outcome.trials.values()] == [3.0, 1.0, 2.0, None]
    assert outcome.trials[3].why == "it logged no metric 'loss'"
    best = best_of(bench.plan, outcome.trials)
    assert best is not None
    assert best.number == 1
    assert untimed(bench.record.trials()) == untimed(outcome.trials)


def test_a_trial_that_does_worse_than_the_others_is_given_up() -> None:
    bench = Bench(["a=range(0,8)"], metric="loss", direction="minimize", prune=True)
    runner: Counted

    def work(trial: Trial) -> str:
        client = MlflowClient()
        for step in range(3):
            client.log_metric(trial.run_id, "loss", 100.0 if trial.number == 6 else 1.0 / (step + 1), step=step)
        client.flush_run(trial.run_id)
        if trial.number != 6:
            return "FINISHED"
        return "KILLED" if runner.cancelled[6].wait(PATIENCE) else "FINISHED"

    runner = Counted(work)
    outcome = bench.engine(runner, jobs=1).run()
    assert outcome.state == "FINISHED"
    assert {number for number, trial in outcome.trials.items() if trial.state == "PRUNED"} == {6}
    assert bench.record.trials()[6].state == "PRUNED"
    again, runner = bench.run(finished)
    assert again.state == "FINISHED"
    assert runner.begun == []


def test_a_sweep_is_one_process_at_a_time() -> None:
    hold = Hold("sweep")
    with pytest.raises(Conflict, match="is running in process"):
        Hold("sweep")
    hold.release()
    Hold("sweep").release()
