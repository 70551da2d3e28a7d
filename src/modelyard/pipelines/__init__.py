"""``modelyard.pipelines``: steps in the order of their inputs and outputs, cached, resumed, swept."""

from modelyard.pipelines.execute import plan, run
from modelyard.pipelines.own import own_run
from modelyard.pipelines.spec import Options, PipelineResult, Reason, StepResult

__all__ = ["Options", "PipelineResult", "Reason", "StepResult", "own_run", "plan", "run"]
