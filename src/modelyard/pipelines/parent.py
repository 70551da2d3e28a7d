"""The run of a pipeline as a whole: parent of its steps' runs, with a document and a picture of how they ended."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from modelyard.client.active import PROCESS
from modelyard.client.client import MlflowClient
from modelyard.client.context import PARENT, SOURCE_NAME, SOURCE_TYPE, context_tags
from modelyard.core.entities import Param
from modelyard.core.settings import Settings
from modelyard.pipelines.cache import KIND, PIPELINE
from modelyard.pipelines.picture import draw
from modelyard.pipelines.prepare import DOCUMENT, Prepared
from modelyard.pipelines.spec import PipelineResult, StepResult
from modelyard.projects.masking import mask_of
from modelyard.projects.record import parent_run_id

PICTURE = "pipeline.svg"
RESUMES = "modelyard.pipeline.resumes"


class Parent:
    """The run; it is made when this is. One thread uses it."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._client = MlflowClient()
        self._began = time.monotonic()
        self.experiment_id = prepared.experiment_id or self._client.create_experiment(prepared.experiment)
        self.run_id = self._create()

    def note(self, results: Sequence[StepResult]) -> None:
        """Keep how it stands."""
        self._write("RUNNING", results)

    def end(self, status: Literal["FINISHED", "FAILED", "KILLED"], results: Sequence[StepResult]) -> PipelineResult:
        """Keep how it ended."""
        self._write(status, results)
        self._client.set_terminated(self.run_id, status)
        return PipelineResult(
            name=self._prepared.pipeline.name,
            run_id=self.run_id,
            status=status,
            steps=list(results),
            seconds=round(time.monotonic() - self._began, 3),
        )

    def _create(self) -> str:
        pipeline, options = self._prepared.pipeline, self._prepared.options
        above = parent_run_id()
        tags = {
            **context_tags(Settings.read()),
            SOURCE_NAME: str(pipeline.folder),
            SOURCE_TYPE: "PROJECT",
            KIND: "pipeline",
            PIPELINE: pipeline.name,
            **({PARENT: above} if above else {}),
            **({RESUMES: options.resume} if options.resume else {}),
        }
        run = self._client.create_run(self.experiment_id, tags=tags, run_name=pipeline.name)
        PROCESS.connect().sender.begin(run.info.run_id)
        params = [Param(name.strip("+~"), value) for name, value in self._overrides().items()]
        if params:
            self._client.log_batch(run.info.run_id, params=params)
        return run.info.run_id

    def _overrides(self) -> dict[str, str]:
        """What was changed, without secrets."""
        given = {name: value for name, _, value in (text.partition("=") for text in self._prepared.overrides)}
        mask = mask_of(os.environ, given)
        return {name: mask(value) for name, value in given.items()}

    def _write(self, status: str, results: Sequence[StepResult]) -> None:
        prepared = self._prepared
        document: dict[str, Any] = {
            "name": prepared.pipeline.name,
            "run_id": self.run_id,
            "status": status,
            "overrides": self._overrides(),
            "steps": [
                {**msgspec.to_builtins(result), "needs": list(prepared.graph.needs[result.step])} for result in results
            ],
        }
        states = {result.step: result.state for result in results}
        self._client.log_text(self.run_id, msgspec.json.format(msgspec.json.encode(document)).decode(), DOCUMENT)
        self._client.log_text(self.run_id, draw(prepared.pipeline, prepared.graph, states), PICTURE)
