"""The client's calls about runs: their life, params, tags, metrics, inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelyard.client.calls.base import (
    Calls,
    as_entities,
    as_entity,
    check_text_key,
    key_values,
    now_ms,
    status_name,
    view_name,
)
from modelyard.client.context import PARENT, RUN_NAME, USER
from modelyard.client.paging import PagedList
from modelyard.client.pending import RunOperations
from modelyard.client.replay import AWAY
from modelyard.core.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    Metric,
    ModelInput,
    ModelOutput,
    Param,
    Run,
    RunTag,
    ViewType,
)
from modelyard.core.ids import new_run_id
from modelyard.core.wire.messages import metrics as met
from modelyard.core.wire.messages import runs as run
from modelyard.services.tracking.rules.batches import GoodNames, checked_metrics, checked_params, checked_tags
from modelyard.services.tracking.rules.limits import BATCH_METRICS, BATCH_PARAMS, BATCH_TAGS, Limits
from modelyard.services.tracking.rules.runs import changed_params

_PAGE = 25_000


class RunCalls(Calls):
    """Make, find, end, delete and restore runs, and log to them."""

    def create_run(
        self,
        experiment_id: str,
        start_time: int | None = None,
        tags: Mapping[str, Any] | None = None,
        run_name: str | None = None,
    ) -> Run:
        """Make a run; it is not the active one and ends only when told to."""
        tags = dict(tags or {})
        request = run.CreateRun(
            experiment_id=str(experiment_id),
            user_id=str(tags.get(USER, "unknown")),
            run_name=run_name or str(tags.get(RUN_NAME, "")),
            start_time=start_time or now_ms(),
            tags=key_values(RunTag, tags),
            run_id=new_run_id(),
        )
        created = self._tracking.tracking.create_run(request).run
        self._tracking.sender.lane(created.info.run_id, known=True)
        return created

    def get_run(self, run_id: str) -> Run:
        """The run of an id with all it logged, also a deleted one."""
        self._flush(run_id)
        return self._tracking.tracking.get_run(run.GetRun(run_id=self._tracking.sender.real_id(run_id))).run

    def get_parent_run(self, run_id: str) -> Run | None:
        """The run a run is nested in; None for one that is not nested."""
        parent = self.get_run(run_id).data.tags.get(PARENT)
        return self.get_run(parent) if parent else None

    def update_run(self, run_id: str, status: str | None = None, name: str | None = None) -> None:
        """Change the status or the name of a run."""
        self._tracking.tracking.update_run(
            run.UpdateRun(run_id=run_id, status=status_name(status), run_name=name or "")
        )

    def set_terminated(self, run_id: str, status: str | None = None, end_time: int | None = None) -> None:
        """End a run, after all points that are queued for it."""
        self._flush(run_id)
        request = run.UpdateRun(run_id=run_id, status=status_name(status or "FINISHED"), end_time=end_time or now_ms())
        self._tracking.sender.send("update_run", request)
        self._tracking.sender.end(run_id)

    def delete_run(self, run_id: str) -> None:
        """Mark a run deleted."""
        self._flush(run_id)
        self._tracking.tracking.delete_run(run.DeleteRun(run_id=run_id))

    def restore_run(self, run_id: str) -> None:
        """Bring a deleted run back."""
        self._tracking.tracking.restore_run(run.RestoreRun(run_id=run_id))

    def search_runs(
        self,
        experiment_ids: Sequence[str] | str | int,
        filter_string: str = "",
        run_view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Run]:
        """A page of runs."""
        self._flush()
        ids = [experiment_ids] if isinstance(experiment_ids, int | str) else experiment_ids
        request = run.SearchRuns(
            experiment_ids=[str(each) for each in ids],
            filter=filter_string or "",
            run_view_type=view_name(run_view_type),
            max_results=max_results,
            order_by=list(order_by or ()),
            page_token=page_token or "",
        )
        page = self._tracking.tracking.search_runs(request)
        return PagedList(page.runs, page.next_page_token or None)

    def log_param(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> Any:
        """Log a parameter, a text that cannot be changed later; answers the value."""
        self._tracking.sender.send("log_param", run.LogParam(run_id=run_id, key=check_text_key(key), value=str(value)))
        return value if synchronous is not False else RunOperations(self._tracking.sender, run_id)

    def log_metric(  # noqa: PLR0913, PLR0917 - MLflow's signature
        self,
        run_id: str,
        key: str,
        value: float,
        timestamp: int | None = None,
        step: int | None = None,
        synchronous: bool | None = None,
        dataset_name: str | None = None,
        dataset_digest: str | None = None,
        model_id: str | None = None,
    ) -> RunOperations | None:
        """Queue a point of a metric; it is sent in the background."""
        about = (model_id, dataset_name, dataset_digest) if model_id or dataset_name else ()
        self._tracking.sender.lane(run_id).add(key, value, step, timestamp, about)
        return self.after_logging(run_id, synchronous)

    def set_tag(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> RunOperations | None:
        """Set a tag of a run."""
        self._tracking.sender.send("set_tag", run.SetTag(run_id=run_id, key=check_text_key(key), value=str(value)))
        return RunOperations(self._tracking.sender, run_id) if synchronous is False else None

    def delete_tag(self, run_id: str, key: str) -> None:
        """Remove a tag of a run."""
        self._tracking.tracking.delete_tag(run.DeleteTag(run_id=run_id, key=key))

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
        synchronous: bool | None = None,
    ) -> RunOperations | None:
        """Log points, params and tags; what fits into one request is stored as a whole or not at all.

        Of what does not, all names and values are checked, and params against those the run has, before any is stored.
        """
        points, pairs = as_entities(Metric, metrics), as_entities(Param, params)
        if len(pairs) > BATCH_PARAMS:
            self._check_unchanged(run_id, pairs)
        for batch in _batches(run_id, points, pairs, as_entities(RunTag, tags)):
            self._tracking.sender.send("log_batch", batch)
        return RunOperations(self._tracking.sender, run_id) if synchronous is False else None

    def _check_unchanged(self, run_id: str, params: list[Param]) -> None:
        """Refuse params that the run has with another value, as the store would."""
        self._flush(run_id)
        sender = self._tracking.sender
        if sender.is_away:
            return
        try:
            stored = self._tracking.quick.get_run(run.GetRun(run_id=sender.real_id(run_id))).run.data.params
        except AWAY:
            if not sender.keeps:
                raise
            return
        changes = [
            (each.key, stored[each.key], each.value)
            for each in checked_params(params, Limits())
            if stored.get(each.key, each.value) != each.value
        ]
        if changes:
            raise changed_params(run_id, changes, batch=True)

    def log_inputs(
        self, run_id: str, datasets: Sequence[Any] | None = None, models: Sequence[Any] | None = None
    ) -> None:
        """Record the datasets and logged models a run reads."""
        request = run.LogInputs(
            run_id=run_id,
            datasets=[
                DatasetInput(as_entity(Dataset, each.dataset), as_entities(InputTag, each.tags))
                for each in datasets or ()
            ],
            models=as_entities(ModelInput, models),
        )
        self._tracking.sender.send("log_inputs", request)
        known = self._tracking.linked_inputs.setdefault(run_id, set())
        known.update((each.dataset.name, each.dataset.digest) for each in request.datasets)
        known.update(each.model_id for each in request.models)

    def log_outputs(self, run_id: str, models: Sequence[Any]) -> None:
        """Record the logged models a run writes."""
        self._tracking.sender.send(
            "log_outputs", run.LogOutputs(run_id=run_id, models=as_entities(ModelOutput, models))
        )
        self._tracking.linked_inputs.setdefault(run_id, set()).update(each.model_id for each in models)

    def get_metric_history(self, run_id: str, key: str) -> list[Metric]:
        """All points of a metric, by timestamp, step and value."""
        self._flush(run_id)
        run_id = self._tracking.sender.real_id(run_id)
        found: list[Metric] = []
        token = ""
        while True:
            request = met.GetMetricHistory(run_id=run_id, metric_key=key, max_results=_PAGE, page_token=token)
            page = self._tracking.tracking.get_metric_history(request)
            found.extend(page.metrics)
            token = page.next_page_token
            if not token:
                return found

    def link_inputs(self, request: run.LogInputs) -> None:
        """Record inputs that points are about, where the run does not have them as inputs or outputs yet."""
        known = self._tracking.linked_inputs.setdefault(request.run_id, set())
        datasets = [each for each in request.datasets if (each.dataset.name, each.dataset.digest) not in known]
        models = [each for each in request.models if each.model_id not in known]
        if datasets or models:
            self._tracking.sender.send(
                "log_inputs", run.LogInputs(run_id=request.run_id, datasets=datasets, models=models)
            )
            known.update((each.dataset.name, each.dataset.digest) for each in datasets)
            known.update(each.model_id for each in models)

    def flush_run(self, run_id: str) -> None:
        """Send what is queued for a run."""
        self._flush(run_id)

    def after_logging(self, run_id: str, synchronous: bool | None) -> RunOperations | None:
        """What a logging call answers that asked to wait, or for something to wait for."""
        if synchronous is None:
            return None
        pending = RunOperations(self._tracking.sender, run_id)
        if synchronous:
            pending.wait()
            return None
        return pending


def _batches(run_id: str, metrics: list[Metric], params: list[Param], tags: list[RunTag]) -> Iterator[run.LogBatch]:
    if (
        len(metrics) + len(params) + len(tags) <= BATCH_METRICS
        and len(params) <= BATCH_PARAMS
        and len(tags) <= BATCH_TAGS
    ):
        yield run.LogBatch(run_id=run_id, metrics=metrics, params=params, tags=tags)
        return
    # What is refused is refused before a part of it is stored.
    checked_params(params, Limits())
    checked_tags(tags, Limits())
    checked_metrics(metrics, GoodNames())
    # A store that does not cut long values refuses the first of these batches.
    params = sorted(params, key=lambda param: len(param.value), reverse=True)
    for start in range(0, len(params), BATCH_PARAMS):
        yield run.LogBatch(run_id=run_id, params=params[start : start + BATCH_PARAMS])
    for start in range(0, len(metrics), BATCH_METRICS):
        yield run.LogBatch(run_id=run_id, metrics=metrics[start : start + BATCH_METRICS])
    for start in range(0, len(tags), BATCH_TAGS):
        yield run.LogBatch(run_id=run_id, tags=tags[start : start + BATCH_TAGS])
