"""The client's calls about logged models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.client.calls.base import Calls, key_values
from modelyard.client.paging import PagedList
from modelyard.core.entities import LoggedModel, LoggedModelParameter, LoggedModelTag
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import logged_models as lm

_STATUS: Mapping[str, Any] = {
    "PENDING": "LOGGED_MODEL_PENDING",
    "READY": "LOGGED_MODEL_READY",
    "FAILED": "LOGGED_MODEL_UPLOAD_FAILED",
}
_PARAMS_AT_ONCE = 100


class LoggedModelCalls(Calls):
    """Make, find, finish, tag and delete logged models."""

    def create_logged_model(
        self,
        experiment_id: str,
        name: str | None = None,
        source_run_id: str | None = None,
        tags: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        model_type: str | None = None,
    ) -> LoggedModel:
        """Make a logged model in state PENDING."""
        all_params = key_values(LoggedModelParameter, params)
        request = lm.CreateLoggedModel(
            experiment_id=str(experiment_id),
            name=name or "",
            model_type=model_type,
            source_run_id=source_run_id,
            params=all_params[:_PARAMS_AT_ONCE],
            tags=key_values(LoggedModelTag, tags),
        )
        model = self._tracking.tracking.create_logged_model(request).model
        if len(all_params) <= _PARAMS_AT_ONCE:
            return model
        self._log_params(model.model_id, all_params[_PARAMS_AT_ONCE:])
        return self.get_logged_model(model.model_id)

    def get_logged_model(self, model_id: str) -> LoggedModel:
        """The logged model of an id."""
        self._flush()
        return self._tracking.tracking.get_logged_model(lm.GetLoggedModel(model_id=model_id)).model

    def search_logged_models(
        self,
        experiment_ids: list[str],
        filter_string: str | None = None,
        datasets: list[dict[str, Any]] | None = None,
        max_results: int | None = None,
        order_by: list[dict[str, Any]] | None = None,
        page_token: str | None = None,
    ) -> PagedList[LoggedModel]:
        """A page of logged models; the order's keys are dictionaries of ``field_name`` and perhaps ``ascending``."""
        if not isinstance(experiment_ids, list):
            raise InvalidParameter(f"experiment_ids must be a list, not {type(experiment_ids).__name__}.")
        self._flush()
        request = lm.SearchLoggedModels(
            experiment_ids=[str(each) for each in experiment_ids],
            filter=filter_string or "",
            datasets=[_of(lm.DatasetChoice, each) for each in datasets or ()],
            max_results=100 if max_results is None else max_results,
            order_by=[_of(lm.LoggedModelOrder, each) for each in order_by or ()],
            page_token=page_token or "",
        )
        page = self._tracking.tracking.search_logged_models(request)
        return PagedList(page.models, page.next_page_token or None)

    def finalize_logged_model(self, model_id: str, status: str) -> LoggedModel:
        """Say that a model's files are complete (``READY``) or that it failed (``FAILED``)."""
        short = str(getattr(status, "value", status)).upper()
        if short not in _STATUS:
            raise InvalidParameter(f"Invalid status {status!r} of a logged model. Known: {', '.join(_STATUS)}.")
        request = lm.FinalizeLoggedModel(model_id=model_id, status=_STATUS[short])
        return self._tracking.tracking.finalize_logged_model(request).model

    def delete_logged_model(self, model_id: str) -> None:
        """Mark a logged model deleted."""
        self._tracking.tracking.delete_logged_model(lm.DeleteLoggedModel(model_id=model_id))

    def set_logged_model_tags(self, model_id: str, tags: Mapping[str, Any]) -> None:
        """Set tags of a logged model."""
        request = lm.SetLoggedModelTags(model_id=model_id, tags=key_values(LoggedModelTag, tags))
        self._tracking.tracking.set_logged_model_tags(request)

    def delete_logged_model_tag(self, model_id: str, key: str) -> None:
        """Remove a tag of a logged model."""
        self._tracking.tracking.delete_logged_model_tag(lm.DeleteLoggedModelTag(model_id=model_id, tag_key=key))

    def log_model_params(self, model_id: str, params: Mapping[str, Any]) -> None:
        """Log parameters of a logged model."""
        self._log_params(model_id, key_values(LoggedModelParameter, params))

    def _log_params(self, model_id: str, params: list[LoggedModelParameter]) -> None:
        for start in range(0, len(params), _PARAMS_AT_ONCE):
            request = lm.LogLoggedModelParams(model_id=model_id, params=params[start : start + _PARAMS_AT_ONCE])
            self._tracking.tracking.log_logged_model_params(request)


def _of(kind: type[Any], fields: dict[str, Any]) -> Any:
    try:
        return kind(**fields)
    except TypeError as error:
        raise InvalidParameter(f"{fields!r} is not understood: {error}") from None
