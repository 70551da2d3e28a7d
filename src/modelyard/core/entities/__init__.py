"""The nouns of modelyard: frozen records, one module a kind."""

from modelyard.core.entities.artifact import FileInfo, MultipartUploadCredential, MultipartUploadPart
from modelyard.core.entities.dataset import Dataset, DatasetInput, DatasetSummary, InputTag
from modelyard.core.entities.experiment import Experiment, ExperimentTag
from modelyard.core.entities.logged_model import (
    LoggedModel,
    LoggedModelData,
    LoggedModelInfo,
    LoggedModelParameter,
    LoggedModelRegistrationInfo,
    LoggedModelStatusName,
    LoggedModelTag,
)
from modelyard.core.entities.metric import Metric, MetricWithRunId
from modelyard.core.entities.noun import KeyValue, Noun
from modelyard.core.entities.registry import (
    ModelVersion,
    ModelVersionTag,
    RegisteredModel,
    RegisteredModelAlias,
    RegisteredModelTag,
)
from modelyard.core.entities.run import (
    ModelInput,
    ModelOutput,
    Param,
    Run,
    RunData,
    RunInfo,
    RunInputs,
    RunLiveness,
    RunOutputs,
    RunStatusName,
    RunTag,
)
from modelyard.core.entities.view import LifecycleStage, RunStatus, ViewType, ViewTypeName

__all__ = [
    "Dataset",
    "DatasetInput",
    "DatasetSummary",
    "Experiment",
    "ExperimentTag",
    "FileInfo",
    "InputTag",
    "KeyValue",
    "LifecycleStage",
    "LoggedModel",
    "LoggedModelData",
    "LoggedModelInfo",
    "LoggedModelParameter",
    "LoggedModelRegistrationInfo",
    "LoggedModelStatusName",
    "LoggedModelTag",
    "Metric",
    "MetricWithRunId",
    "ModelInput",
    "ModelOutput",
    "ModelVersion",
    "ModelVersionTag",
    "MultipartUploadCredential",
    "MultipartUploadPart",
    "Noun",
    "Param",
    "RegisteredModel",
    "RegisteredModelAlias",
    "RegisteredModelTag",
    "Run",
    "RunData",
    "RunInfo",
    "RunInputs",
    "RunLiveness",
    "RunOutputs",
    "RunStatus",
    "RunStatusName",
    "RunTag",
    "ViewType",
    "ViewTypeName",
]
