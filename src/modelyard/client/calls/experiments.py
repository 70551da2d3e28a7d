"""The client's calls about experiments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.client.calls.base import Calls, key_values, view_name
from modelyard.client.paging import PagedList
from modelyard.core.entities import Experiment, ExperimentTag, ViewType
from modelyard.core.errors import NotFound
from modelyard.core.wire.messages import experiments as exp


class ExperimentCalls(Calls):
    """Make, find, rename, tag, delete and restore experiments."""

    def create_experiment(
        self, name: str, artifact_location: str | None = None, tags: Mapping[str, Any] | None = None
    ) -> str:
        """Make an experiment and answer its id; a name that is taken is an error."""
        request = exp.CreateExperiment(
            name=name, artifact_location=str(artifact_location or ""), tags=key_values(ExperimentTag, tags)
        )
        return self._tracking.tracking.create_experiment(request).experiment_id

    def get_experiment(self, experiment_id: str) -> Experiment:
        """The experiment of an id, also a deleted one."""
        return self._tracking.tracking.get_experiment(exp.GetExperiment(experiment_id=str(experiment_id))).experiment

    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """The experiment of a name, also a deleted one; None when there is none."""
        try:
            return self._tracking.tracking.get_experiment_by_name(
                exp.GetExperimentByName(experiment_name=name)
            ).experiment
        except NotFound:
            return None

    def search_experiments(
        self,
        view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int | None = 1000,
        filter_string: str | None = None,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        """A page of experiments."""
        request = exp.SearchExperiments(
            max_results=1000 if max_results is None else max_results,
            page_token=page_token or "",
            filter=filter_string or "",
            order_by=list(order_by or ()),
            view_type=view_name(view_type),
        )
        page = self._tracking.tracking.search_experiments(request)
        return PagedList(page.experiments, page.next_page_token or None)

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """Give an experiment another name."""
        self._tracking.tracking.update_experiment(
            exp.UpdateExperiment(experiment_id=str(experiment_id), new_name=new_name)
        )

    def delete_experiment(self, experiment_id: str) -> None:
        """Mark an experiment and its runs deleted."""
        self._tracking.tracking.delete_experiment(exp.DeleteExperiment(experiment_id=str(experiment_id)))

    def restore_experiment(self, experiment_id: str) -> None:
        """Bring a deleted experiment and its runs back."""
        self._tracking.tracking.restore_experiment(exp.RestoreExperiment(experiment_id=str(experiment_id)))

    def set_experiment_tag(self, experiment_id: str, key: str, value: Any) -> None:
        """Set a tag of an experiment."""
        request = exp.SetExperimentTag(experiment_id=str(experiment_id), key=key, value=str(value))
        self._tracking.tracking.set_experiment_tag(request)

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """Remove a tag of an experiment."""
        self._tracking.tracking.delete_experiment_tag(
            exp.DeleteExperimentTag(experiment_id=str(experiment_id), key=key)
        )
