"""The MLmodel file: what a model folder says about itself."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from modelyard.core.errors import InvalidParameter, NotFound, first_line
from modelyard.core.extras import require
from modelyard.core.version import __version__
from modelyard.models.example import load_example
from modelyard.models.options import PathLike
from modelyard.models.signature import ModelSignature

FILE = "MLmodel"
OTHER_SPELLINGS = ("MLModel",)
_LIMIT = 8 << 20
_SPOKEN = "3.17.2"
"""The release of MLflow whose layout is written; its loader compares this with its own version."""


class Model:
    """What an MLmodel file holds: flavors, signature, where the model is from. Field names are MLflow's.

    The file is YAML; unknown fields are kept as they are. Format:
    https://mlflow.org/docs/latest/ml/model/#storage-format

    >>> model = Model(run_id="0123").add_flavor("myflavor", data="data.bin", version=3)
    >>> Model.from_dict(model.to_dict()).flavors["myflavor"]
    {'data': 'data.bin', 'version': 3}
    """

    def __init__(
        self,
        artifact_path: str | None = None,
        run_id: str | None = None,
        utc_time_created: str | None = None,
        flavors: Mapping[str, Mapping[str, Any]] | None = None,
        signature: ModelSignature | None = None,
        saved_input_example_info: Mapping[str, Any] | None = None,
        model_uuid: str | None = None,
        mlflow_version: str | None = _SPOKEN,
        **others: Any,
    ) -> None:
        self.artifact_path = artifact_path
        self.run_id = run_id
        self.utc_time_created = utc_time_created or f"{datetime.now(UTC).replace(tzinfo=None)}"
        self.flavors: dict[str, dict[str, Any]] = {name: dict(entry) for name, entry in (flavors or {}).items()}
        self.signature = signature
        self.saved_input_example_info = dict(saved_input_example_info) if saved_input_example_info else None
        self.model_uuid = model_uuid or uuid.uuid4().hex
        self.mlflow_version = mlflow_version
        self.metadata: dict[str, Any] | None = others.pop("metadata", None)
        self.model_id: str | None = others.pop("model_id", None)
        self.model_size_bytes: int | None = others.pop("model_size_bytes", None)
        self.modelyard_version: str | None = others.pop("modelyard_version", None)
        self.others = others

    def add_flavor(self, name: str, **params: Any) -> Model:
        """Add an entry to ``flavors``; answers the model itself."""
        self.flavors[name] = params
        return self

    def get_input_schema(self) -> Any:
        """The signature's schema of inputs, or None."""
        return self.signature.inputs if self.signature else None

    def get_output_schema(self) -> Any:
        """The signature's schema of outputs, or None."""
        return self.signature.outputs if self.signature else None

    def get_params_schema(self) -> Any:
        """The signature's schema of parameters, or None."""
        return self.signature.params if self.signature else None

    def load_input_example(self, path: str | os.PathLike[str]) -> Any:
        """The example saved in the model folder ``path``, or None."""
        info = self.saved_input_example_info
        return load_example(Path(path), info, schema=self.get_input_schema()) if info else None

    def to_dict(self) -> dict[str, Any]:
        """The content of the file."""
        found: dict[str, Any] = {
            **self.others,
            "artifact_path": self.artifact_path,
            "flavors": self.flavors,
            "metadata": self.metadata,
            "mlflow_version": self.mlflow_version,
            "model_id": self.model_id,
            "model_size_bytes": self.model_size_bytes,
            "model_uuid": self.model_uuid,
            "modelyard_version": self.modelyard_version,
            "run_id": self.run_id,
            "saved_input_example_info": self.saved_input_example_info,
            "signature": self.signature.to_dict() if self.signature else None,
            "utc_time_created": self.utc_time_created,
        }
        return {key: value for key, value in found.items() if value is not None}

    def to_yaml(self) -> str:
        """The content of the file as YAML."""
        text: str = require("yaml", what="The MLmodel file", extra="models").safe_dump(
            self.to_dict(), default_flow_style=False, allow_unicode=True
        )
        return text

    def to_json(self) -> str:
        """The content of the file as JSON."""
        return json.dumps(self.to_dict())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file ``path``."""
        Path(path).write_text(self.to_yaml(), encoding="utf-8")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Model:
        """Read the file ``path``, or the MLmodel file in the folder ``path``.

        Raises ``NotFound`` when there is none and ``InvalidParameter`` when it is not one.
        """
        file = find(Path(path))
        if file.stat().st_size > _LIMIT:
            raise InvalidParameter(f"{file.name} has more than {_LIMIT >> 20} MiB: that is no MLmodel file.")
        yaml = require("yaml", what="The MLmodel file", extra="models")
        try:
            safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast, where there is one
            content = yaml.load(file.read_text(encoding="utf-8"), Loader=safe)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise InvalidParameter(f"{file.name} is not valid YAML: {first_line(error)}.") from None
        return cls.from_dict(content)

    @classmethod
    def from_dict(cls, content: Any) -> Model:
        """The model of a file's content, of any release of MLflow.

        Raises ``InvalidParameter`` when the content is not an MLmodel file's.
        """
        if not isinstance(content, dict) or not isinstance(content.get("flavors"), dict):
            raise InvalidParameter("This is no MLmodel file: it has no map of 'flavors'.")
        for name, entry in content["flavors"].items():
            if not isinstance(name, str) or not isinstance(entry, dict):
                raise InvalidParameter(f"This is no MLmodel file: the flavor {name!r} is no map of keys and values.")
        fields = dict(content)
        signature = fields.pop("signature", None)
        return cls(
            signature=ModelSignature.from_dict(signature) if signature else None,
            **{"mlflow_version": None, **{str(key): value for key, value in fields.items()}},
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]  # it can be changed

    def __repr__(self) -> str:
        return f"Model(flavors={list(self.flavors)}, model_uuid={self.model_uuid!r})"


def new_model(**fields: Any) -> Model:
    """A model that this release of modelyard is about to save."""
    return Model(modelyard_version=__version__, **fields)


def find(path: Path, *, address: PathLike | None = None) -> Path:
    """The MLmodel file at ``path`` or in the folder ``path``, in any of its spellings.

    Raises ``NotFound`` when there is none, and names ``address`` if that is what was asked for.
    """
    if path.is_file():
        return path
    for name in (FILE, *OTHER_SPELLINGS):
        if (path / name).is_file():
            return path / name
    reason = f"it has no file {FILE}" if path.is_dir() and any(path.iterdir()) else "nothing is there"
    raise NotFound(f"There is no model in {os.fspath(address or path)!r}: {reason}.")
