"""Recording one training: in the active run, or in a run of its own that ends with it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from modelyard.client.active import STACK, OpenRun
from modelyard.client.autolog.options import AutologOptions
from modelyard.client.autolog.sessions import SESSIONS, Session
from modelyard.client.autolog.state import AUTOLOG
from modelyard.client.calls.base import key_values
from modelyard.client.client import StoreClient
from modelyard.client.datasets.dataset import entity_of
from modelyard.client.exits import status_of
from modelyard.client.flavors.log import LogOptions, log_model
from modelyard.client.fluent.metrics import log_metrics
from modelyard.client.fluent.runs import start_run
from modelyard.client.lifecycle import end_innermost
from modelyard.core.entities import DatasetInput, InputTag, Param, RunTag
from modelyard.core.extras import loaded
from modelyard.models import catalog
from modelyard.models.options import SaveOptions
from modelyard.services.tracking.rules.inputs import CONTEXT_TAG
from modelyard.services.tracking.rules.limits import BATCH_PARAMS, NAME_LENGTH, PARAM_LENGTH

AUTOLOGGING = "mlflow.autologging"
"""The tag that names the framework whose autologging started the run; MLflow's."""

Result = TypeVar("Result")


class Recorder:
    """What is logged of one training. Its failures are told once and never reach the training."""

    def __init__(self, name: str, options: AutologOptions) -> None:
        self.name = name
        self.options = options
        self.model_id: str | None = None
        self.dataset: Any = None
        self._run: OpenRun | None = None
        self._started = False

    def attempt(self, what: str, action: Callable[..., Result], *args: Any, **kwargs: Any) -> Result | None:
        """Do something for the record; a failure is told, and answered with None."""
        try:
            return action(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever it is, the training is not to see it
            AUTOLOG.complain(self.name, what, error)
            return None

    def begin(self) -> bool:
        """Take the active run or start one; whether there is anything to log to."""
        active = [opened for opened in STACK.get() if opened.pid == os.getpid()]
        if active and self.options.exclusive:
            return False
        if not active:
            start_run(tags={AUTOLOGGING: self.name, **(self.options.extra_tags or {})})
            self._started = True
        self._run = STACK.get()[-1]
        return True

    def end(self, error: BaseException | None) -> None:
        """End the run, if it is ours."""
        stack = STACK.get()
        if self._started and stack and stack[-1] is self._run:
            end_innermost(status_of(error))

    @property
    def run(self) -> OpenRun:
        """The run that is logged to."""
        assert self._run is not None
        return self._run

    @property
    def client(self) -> StoreClient:
        """The client of the run's store."""
        return StoreClient(self.run.connection, self.run.connection)

    def params(self, params: Mapping[str, Any], tags: Mapping[str, Any] | None = None) -> None:
        """Log params, as texts of at most the length there may be, and tags."""
        pairs = param_pairs(params)
        self.client.log_batch(self.run.run_id, params=pairs[:BATCH_PARAMS], tags=key_values(RunTag, tags))
        for start in range(BATCH_PARAMS, len(pairs), BATCH_PARAMS):
            self.client.log_batch(self.run.run_id, params=pairs[start : start + BATCH_PARAMS])

    def metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log metrics, of the logged model and its dataset where there are."""
        if metrics:
            log_metrics(metrics, step=step, run_id=self.run.run_id, model_id=self.model_id, dataset=self.dataset)

    def input(self, dataset: Any, context: str) -> None:
        """Record a dataset that is read."""
        entity = entity_of(dataset)
        self.client.log_inputs(self.run.run_id, [DatasetInput(entity, [InputTag(CONTEXT_TAG, context)])])
        if context == "train":
            self.dataset = entity

    def model(
        self,
        obj: Any,
        flavor: str,
        save: SaveOptions,
        *,
        name: str = "model",
        params: Mapping[str, Any] | None = None,
        flavor_options: Mapping[str, Any] | None = None,
    ) -> str | None:
        """Log a model; its id."""
        registered = self.options.registered_model_name if name == "model" else None
        log = LogOptions(name=name, registered_model_name=registered, params=params)
        return log_model(obj, flavor=catalog.flavor(flavor, **(flavor_options or {})), log=log, save=save).model_id


class Training:
    """One call of a framework's function that trains, and what is recorded before and after it.

    ``before`` may replace ``args`` and ``kwargs``, never what they hold. ``joins`` is the kind of training inside of
    which this one belongs to the record instead of being a part that nobody asks for.
    """

    kind = ""
    joins: str | None = None

    def __init__(self, name: str, original: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]):
        self.name = name
        self.original = original
        self.args = args
        self.kwargs = dict(kwargs)
        self.joined = False

    def before(self, recorder: Recorder) -> None:
        """Record what is known before."""

    def after(self, recorder: Recorder, result: Any) -> None:
        """Record what came out."""

    def call(self) -> Any:
        """Train."""
        return self.original(*self.args, **self.kwargs)


def record(training: Training) -> Any:
    """Train, and record it unless it is part of another training. Results and exceptions are the training's own."""
    options = AUTOLOG.options(training.name)
    outer = SESSIONS.current()
    if options is None:
        return training.call()
    if outer is not None:
        if outer.kind != training.joins or outer.recorder is None:
            return training.call()
        training.joined = True
        with SESSIONS.open(Session(training.kind, outer.recorder)):
            return _recorded(training, outer.recorder)
    recorder = Recorder(training.name, options)
    if not recorder.attempt("a run", recorder.begin):
        with SESSIONS.open(Session(training.kind, None)):
            return training.call()
    with SESSIONS.open(Session(training.kind, recorder)):
        try:
            result = _recorded(training, recorder)
        except BaseException as error:
            recorder.attempt("the end of the run", recorder.end, error)
            raise
    recorder.attempt("the end of the run", recorder.end, None)
    return result


def _recorded(training: Training, recorder: Recorder) -> Any:
    with same_chance():
        recorder.attempt("what was known before", training.before, recorder)
    result = training.call()
    with same_chance():
        recorder.attempt("what came out", training.after, recorder, result)
    return result


@contextmanager
def same_chance() -> Iterator[None]:
    """Leave the generators of random numbers as they were: some estimators draw when they predict."""
    numpy = loaded("numpy.random")
    before, drawn = random.getstate(), numpy.get_state() if numpy is not None else None
    try:
        yield
    finally:
        if random.getstate() != before:
            random.setstate(before)
        if numpy is not None and not _same(numpy.get_state(), drawn):
            numpy.set_state(drawn)


def _same(one: Any, other: Any) -> bool:
    return bool(one[2] == other[2] and (one[1] == other[1]).all() and one[3:] == other[3:])


def param_pairs(params: Mapping[str, Any]) -> list[Param]:
    """Params as texts. What is too long is cut, a name that is too long left out."""
    return [Param(str(key), str(value)[:PARAM_LENGTH]) for key, value in params.items() if len(str(key)) <= NAME_LENGTH]
