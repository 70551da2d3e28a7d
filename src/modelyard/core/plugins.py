"""Where implementations are found: the one file that names them, a line each.

Built-ins and other people's plug-ins go through the same door: a group, a name, and ``module:attribute``. A plug-in
declares an entry point in the group ``modelyard.<group>``; it may add names and may not replace a built-in one.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from modelyard.core.errors import InvalidParameter, MissingExtra

BUILT_IN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        # databases, by URI scheme
        "databases": MappingProxyType(
            {
                "sqlite": "modelyard.db.sqlite:SqliteDatabase",
                "postgresql": "modelyard.db.postgres:PostgresDatabase",
            }
        ),
        # tracking stores
        "tracking_stores": MappingProxyType(
            {
                "sql": "modelyard.services.tracking.sql.store:SqlTrackingStore",
                "remote": "modelyard.services.tracking.remote:RemoteTrackingStore",
            }
        ),
        # model registries
        "registry_stores": MappingProxyType(
            {
                "sql": "modelyard.services.registry.sql.store:SqlRegistryStore",
                "remote": "modelyard.services.registry.remote:RemoteRegistryStore",
            }
        ),
        # artifact stores, by URI scheme
        "artifact_stores": MappingProxyType({"file": "modelyard.services.artifacts.local:LocalArtifactStore"}),
        # what puts metrics in their compact form, in the background
        "compactors": MappingProxyType({"sql": "modelyard.services.tracking.sql.metrics.compact:Compactor"}),
        # frameworks whose models can be saved and loaded; asked in this order what an object is (XGBoost's
        # and LightGBM's estimators are scikit-learn's too, and a Keras model on PyTorch is a module)
        "flavors": MappingProxyType(
            {
                "xgboost": "modelyard.models.flavors.xgboost:XgboostFlavor",
                "lightgbm": "modelyard.models.flavors.lightgbm:LightgbmFlavor",
                "catboost": "modelyard.models.flavors.catboost:CatboostFlavor",
                "sklearn": "modelyard.models.flavors.sklearn:SklearnFlavor",
                "statsmodels": "modelyard.models.flavors.statsmodels:StatsmodelsFlavor",
                "keras": "modelyard.models.flavors.keras:KerasFlavor",
                "pytorch": "modelyard.models.flavors.pytorch:PytorchFlavor",
                "tensorflow": "modelyard.models.flavors.tensorflow:TensorflowFlavor",
                "onnx": "modelyard.models.flavors.onnx:OnnxFlavor",
                "transformers": "modelyard.models.flavors.transformers:TransformersFlavor",
                "composite": "modelyard.models.composite.flavor:CompositeFlavor",
                "python_function": "modelyard.models.flavors.python_function:PythonFunctionFlavor",
            }
        ),
        # models as ONNX graphs, by flavor
        "converters": MappingProxyType(
            {
                "sklearn": "modelyard.models.convert.sklearn:SklearnConverter",
                "pytorch": "modelyard.models.convert.pytorch:PytorchConverter",
                "keras": "modelyard.models.convert.keras:KerasConverter",
                "xgboost": "modelyard.models.convert.xgboost:XgboostConverter",
                "lightgbm": "modelyard.models.convert.lightgbm:LightgbmConverter",
            }
        ),
        # making and opening sealed bundles
        "sealing": MappingProxyType(
            {
                "look": "modelyard.models.sealed:look",
                "recipient_of": "modelyard.models.sealed:recipient_of",
                "seal": "modelyard.models.sealed:seal",
                "unseal": "modelyard.models.sealed:unseal",
                "unseal_to_load": "modelyard.models.sealed:unseal_to_load",
            }
        ),
        # the stores behind a client's connection, by kind of address
        "backends": MappingProxyType(
            {
                "http": "modelyard.client.backends.server:ServerBackend",
                "folder": "modelyard.client.backends.folder:FolderBackend",
            }
        ),
        # where the client reads and writes artifacts by itself, by URI scheme
        "places": MappingProxyType({"s3": "modelyard.client.artifacts.objects:ObjectPlace"}),
        # how a model's address becomes a folder on this disk
        "model_fetchers": MappingProxyType({"client": "modelyard.client.flavors.verbs:fetch_model"}),
        # what has models predict for a server that loads none itself
        "predictors": MappingProxyType({"confined": "modelyard.serving.hosted:Hosted"}),
        # where projects run
        "project_backends": MappingProxyType(
            {
                "local": "modelyard.projects.local:LocalBackend",
                "docker": "modelyard.projects.docker:DockerBackend",
                "kubernetes": "modelyard.projects.kubernetes:KubernetesBackend",
                "ray": "modelyard.projects.ray:RayBackend",
            }
        ),
        # how projects and the data of their parameters come to this disk, where they are not on it
        "project_fetchers": MappingProxyType(
            {"git": "modelyard.projects.fetch:fetch", "data": "modelyard.projects.fetch:bring"}
        ),
        # requests that are many runs
        "multiruns": MappingProxyType({"hydra": "modelyard.pipelines.sweeps.multirun:detect"}),
        # who thinks of a sweep's trials
        "samplers": MappingProxyType(
            {
                "grid": "modelyard.pipelines.sweeps.samplers.grid:GridSampler",
                "random": "modelyard.pipelines.sweeps.samplers.chance:RandomSampler",
                "tpe": "modelyard.pipelines.sweeps.samplers.tpe:TpeSampler",
            }
        ),
        # where a sweep's trials run
        "launchers": MappingProxyType(
            {
                "local": "modelyard.pipelines.sweeps.launchers.local:LocalLauncher",
                "ray": "modelyard.pipelines.sweeps.launchers.ray:RayLauncher",
            }
        ),
        # named datasets
        "dataset_stores": MappingProxyType(
            {
                "sql": "modelyard.services.datasets.sql.store:SqlDatasetStore",
                "remote": "modelyard.services.datasets.remote:RemoteDatasetStore",
            }
        ),
        # the log of idempotency keys
        "request_logs": MappingProxyType({"sql": "modelyard.services.requests.sql:SqlRequestLog"}),
        # what the pages show
        "view_stores": MappingProxyType({"sql": "modelyard.services.views.sql.store:SqlViewStore"}),
    }
)

EXTRAS: Mapping[str, str] = MappingProxyType(
    {
        "apsw": "server",
        "zstandard": "server",
        "uvicorn": "server",
        "uvloop": "server",
        "httptools": "server",
        "psycopg": "postgres",
        "psycopg_pool": "postgres",
        "PIL": "server",
        "pyarrow": "arrow",
        "yaml": "models",
        "cryptography": "models",
        "cloudpickle": "models",
        "skops": "sklearn",
        "sklearn": "sklearn",
        "torch": "pytorch",
        "keras": "keras",
        "tensorflow": "tensorflow",
        "xgboost": "xgboost",
        "lightgbm": "lightgbm",
        "catboost": "catboost",
        "onnx": "onnx",
        "onnxruntime": "onnx",
        "onnxmltools": "onnx",
        "onnxscript": "onnx",
        "skl2onnx": "onnx",
        "tf2onnx": "onnx",
        "statsmodels": "statsmodels",
        "transformers": "transformers",
        "obstore": "s3",
    }
)
"""Module that may be missing → the extra that brings it."""


def names(group: str) -> list[str]:
    """All names of a group, built in and plugged in, sorted."""
    return sorted({*BUILT_IN.get(group, {}), *(point.name for point in _points(group))})


def load(group: str, name: str) -> Any:
    """The object a name stands for.

    Raises ``InvalidParameter`` for an unknown name, listing the known ones, and ``MissingExtra`` when the module needs
    a package that is not installed.
    """
    target = BUILT_IN.get(group, {}).get(name)
    if target is None:
        for point in _points(group):
            if point.name == name:
                return point.load()
        raise InvalidParameter(f"There is no {name!r} among {group}. Known: {', '.join(names(group))}.")
    module, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        extra = EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        raise MissingExtra(f"{group} {name!r}", extra=extra) from error


def _points(group: str) -> Iterable[Any]:
    metadata = importlib.import_module("importlib.metadata")  # it draws in much that built-in names do not need
    found: Iterable[Any] = metadata.entry_points(group=f"modelyard.{group}")
    return found
