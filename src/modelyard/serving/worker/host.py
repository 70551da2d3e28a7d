"""The loaded model and those who ask it: reads jobs, predicts together what may be, answers each for itself."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from modelyard.core.errors import ModelFailed, ModelyardError
from modelyard.models.libraries import kind_of
from modelyard.models.pyfunc import PyFuncModel
from modelyard.models.signature import ModelSignature
from modelyard.serving.protocols.protocol import Payload, ScoringProtocol
from modelyard.serving.worker.frames import Answer, Job
from modelyard.serving.worker.groups import join, likeness, split
from modelyard.serving.worker.matrices import MATRIX, Matrices

log = logging.getLogger(__name__)

_LONGEST = 300  # characters of what a model's own error says
_PATHS = re.compile(r"(?:/[^\s/:'\"]+){2,}")


class _Asked(NamedTuple):
    job: Job
    protocol: ScoringProtocol
    payload: Payload


class Host:
    """Answers jobs with one model, on one thread.

    ``most_rows`` is how many may be predicted together.
    An answer is an error where the request cannot be read or its prediction fails; nothing a model does to one request
    reaches another.
    """

    def __init__(
        self,
        model: PyFuncModel,
        protocols: Mapping[str, ScoringProtocol],
        matrices: Matrices,
        *,
        most_rows: int = 0,
        max_output: int = 100_000_000,
    ) -> None:
        self._model = model
        self._signature: ModelSignature | None = model.metadata.signature
        self._protocols = protocols
        self._matrices = matrices
        self._most_rows = most_rows
        self._max_output = max_output

    def score(self, jobs: Sequence[Job], began: Callable[[list[int]], None] | None = None) -> Iterator[Answer]:
        """An answer for each job; ``began`` is told of several jobs which are predicted now."""
        asked: list[_Asked] = []
        for job in jobs:
            try:
                asked.append(self._read(job))
            except BaseException as error:  # noqa: BLE001 - the border: whatever it is, the client is answered
                yield failure(job, error, "reading")
        for group in self._groups(asked):
            if began is not None and len(jobs) > 1:
                began([each.job.id for each in group])
            yield from self._answer(group, began)

    def _read(self, job: Job) -> _Asked:
        protocol = self._protocols[job.protocol]
        if job.content_type == MATRIX:
            return _Asked(job, protocol, self._matrices.payload(job.body))
        return _Asked(job, protocol, protocol.read(job.body, job.content_type, self._signature))

    def _groups(self, asked: Sequence[_Asked]) -> Iterator[list[_Asked]]:
        """What is alike, in the order of arrival, with no more rows than may be predicted together."""
        open_groups: dict[Any, list[_Asked]] = {}
        counts: dict[Any, int] = {}
        for each in asked:
            rows = each.payload.rows or 0
            key = _kind(each) if 0 < rows < self._most_rows else None
            if key is None:
                yield [each]
                continue
            if counts.get(key, 0) + rows > self._most_rows:
                yield open_groups.pop(key)
                counts[key] = 0
            open_groups.setdefault(key, []).append(each)
            counts[key] = counts.get(key, 0) + rows
        yield from open_groups.values()

    def _answer(self, group: list[_Asked], began: Callable[[list[int]], None] | None) -> Iterator[Answer]:
        if len(group) > 1:
            found = self._predict_together(group)
            if found is not None:
                for each, predictions in zip(group, found, strict=True):
                    yield self._written(each, predictions)
                return
        for each in group:
            if began is not None and len(group) > 1:
                began([each.job.id])
            try:
                predictions = self._model.predict(self._data([each]), each.payload.params)
            except BaseException as error:  # noqa: BLE001 - whatever a model's own code does, its caller is told
                yield failure(each.job, error, "predicting")
            else:
                yield self._written(each, predictions)

    def _predict_together(self, group: Sequence[_Asked]) -> list[Any] | None:
        """What each is answered, or None when that is only to be found out one by one."""
        try:
            predictions = self._model.predict(self._data(group), None)
            return split(predictions, [each.payload.rows or 0 for each in group])
        except BaseException:  # noqa: BLE001 - each is predicted alone next, and told what is wrong with it
            return None

    def _data(self, group: Sequence[_Asked]) -> Any:
        """What is predicted on for callers of one kind."""
        joined = join([each.payload.data for each in group])
        return self._matrices.table(joined) if group[0].job.content_type == MATRIX else joined

    def _written(self, asked: _Asked, predictions: Any) -> Answer:
        try:
            if least_bytes(predictions) <= self._max_output:
                body = asked.protocol.write(predictions, asked.payload, self._signature)
                if len(body) <= self._max_output:
                    return Answer(asked.job.id, body)
            error = ModelyardError(f"The answer is larger than {self._max_output:,} bytes, the most this server sends.")
            return failure(asked.job, error, "answering")
        except BaseException as error:  # noqa: BLE001 - a prediction may be anything
            return failure(asked.job, error, "answering")


def _kind(asked: _Asked) -> Hashable | None:
    """What those have in common that may be predicted together; None for one that is predicted by itself."""
    return MATRIX if asked.job.content_type == MATRIX else likeness(asked.payload)


def least_bytes(predictions: Any) -> int:
    """How many bytes of JSON the predictions are at least: what is too much is not written to find that out."""
    if kind_of(predictions) in ("ndarray", "pandas", "series"):
        return 2 * int(predictions.size)
    if isinstance(predictions, str | bytes):
        return len(predictions)
    if isinstance(predictions, list | tuple):
        texts = sum(len(each) for each in predictions if isinstance(each, str | bytes))
        return max(2 * len(predictions), texts, *map(least_bytes, predictions[:1]))
    if isinstance(predictions, Mapping):
        return sum(map(least_bytes, predictions.values()))
    return 0


def failure(job: Job, error: BaseException, doing: str) -> Answer:
    """The answer to a request that failed: one sentence, without what the model was given and where its code lies."""
    if isinstance(error, ModelyardError):
        return Answer(job.id, status=error.status, error_code=error.error_code, message=error.message)
    log.error("%s failed, request %s", doing, job.request, exc_info=error)
    if isinstance(error, MemoryError):
        return Answer(job.id, status=500, error_code="INTERNAL_ERROR", message="The model ran out of memory.")
    failed = ModelFailed(told(error))
    return Answer(job.id, status=failed.status, error_code=failed.error_code, message=failed.message)


def told(error: BaseException) -> str:
    r"""An exception of somebody else's code in one short sentence.

    >>> told(ValueError("cannot read /home/me/data.csv\nmore"))
    'The model failed: ValueError: cannot read a file'
    """
    said = str(error).strip().partition("\n")[0]
    text = _PATHS.sub("a file", said)
    name = type(error).__name__
    text = f"The model failed: {name}: {text}" if text else f"The model failed: {name}."
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
