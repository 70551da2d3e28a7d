"""A model folder as a page shows it. Nothing in it runs, and nothing it names is imported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from modelyard.core.errors import ChangedModel, InvalidParameter, ModelyardError, UntrustedModel
from modelyard.core.wire.messages.previews import ColumnSpec, ModelCard, OnnxTwin
from modelyard.models.catalog import PYFUNC
from modelyard.models.environment import PYTHON_ENV, python_recorded
from modelyard.models.example import EXAMPLE_FILE, SERVING_FILE
from modelyard.models.inspection import requirements_listed
from modelyard.models.load import Opened, flavor_behind
from modelyard.models.mlmodel import Model
from modelyard.models.params import ParamSpec
from modelyard.models.schema import TensorSpec
from modelyard.models.trust import manifest as manifests
from modelyard.models.trust.formats import Tier, finding
from modelyard.models.trust.keys import KeyRing, TrustStore
from modelyard.models.trust.policy import admit
from modelyard.models.trust.signatures import signer
from modelyard.models.twin import TWIN_FILE, Certificate, admit_twin, is_onnx, read_certificate
from modelyard.models.verdict import VERDICT_FILE, read_verdict

LARGEST_EXAMPLE = 65_536
_LARGEST_TEXT = 1 << 20

Word = Literal["data", "signed", "untrusted", "changed", "unknown"]
NOT_WHOLE = "The model is too large to be looked at here: 'modelyard models inspect' does it where there is time."


class Known(KeyRing):
    """What is trusted, as it was read before: no file is opened any more."""

    def __init__(self, store: TrustStore) -> None:
        super().__init__(Path())
        self._store = store

    def trusted(self) -> TrustStore:
        """What is trusted."""
        return self._store


def describe(folder: Path, ring: KeyRing | None, *, whole: bool = True) -> ModelCard:
    """The card of a model folder.

    ``ring`` is what this machine trusts, None where that is not known. Without ``whole`` only some files of the folder are
    there, and nothing is said of the rest. Raises ``ModelyardError`` for a folder that cannot be understood.
    """
    model = Model.load(folder)
    signature = model.signature
    trust, reason = _trust(folder, model, ring) if whole else ("unknown", NOT_WHOLE)
    status, detail = _verdict(folder)
    return ModelCard(
        is_model=True,
        path="",
        model_id=str(model.model_id or ""),
        run_id=str(model.run_id or ""),
        flavors=list(model.flavors),
        inputs=list(_columns(signature.inputs if signature else None)),
        outputs=list(_columns(signature.outputs if signature else None)),
        params=list(_columns(signature.params if signature else None)),
        example=_example(folder),
        requirements=requirements_listed(folder),
        python_version=_python(folder),
        created=str(model.utc_time_created),
        digest=manifests.digest(folder) if whole else "",
        signed_by=_signed_by(folder, ring) if whole and trust != "changed" else "",
        trust=trust,
        reason=reason,
        verdict=status,
        verdict_detail=detail,
        onnx=_twin(folder, model) if whole else None,
    )


def _trust(folder: Path, model: Model, ring: KeyRing | None) -> tuple[Word, str]:
    """What the loader of this machine would decide, and why."""
    entry = model.flavors.get(PYFUNC)
    flavor = flavor_behind(entry) if entry is not None else next(iter(model.flavors), "")
    try:
        found = finding(folder, model, flavor)
        if ring is None and found.tier is not Tier.DATA:
            return "unknown", f"{found.reason}, and what this machine trusts is not known"
        reason = admit(folder, model, flavor=flavor, ring=ring)
    except ChangedModel as error:
        return "changed", error.message
    except UntrustedModel as error:
        return "untrusted", error.message
    except ModelyardError as error:
        return "unknown", error.message
    return "data" if found.tier is Tier.DATA else "signed", reason


def _signed_by(folder: Path, ring: KeyRing | None) -> str:
    try:
        promised = manifests.read(folder)
        by = signer(folder, promised, ring.trusted()) if promised is not None and ring is not None else None
    except ModelyardError:
        return ""
    return f"{by.name} ({by.key_id})" if by is not None else ""


def _columns(schema: Any) -> Iterator[ColumnSpec]:
    for place, each in enumerate(schema or ()):
        if isinstance(each, ParamSpec):
            shape = None if each.shape is None else list(each.shape)
            yield ColumnSpec(
                name=each.name,
                type=repr(each.dtype),
                required=False,
                shape=shape,
                default=each.to_dict().get("default"),
            )
        elif isinstance(each, TensorSpec):
            yield ColumnSpec(name=_name(each, place), type=each.type_name, shape=list(each.shape))
        else:
            yield ColumnSpec(name=_name(each, place), type=repr(each.type), required=each.required)


def _name(spec: Any, place: int) -> str:
    return str(place if spec.name is None else spec.name)


def _example(folder: Path) -> Any:
    """A request that is known to be understood, or the data it was made of; None for what is large."""
    for name in (SERVING_FILE, EXAMPLE_FILE):
        file = folder / name
        if file.is_file() and file.stat().st_size <= LARGEST_EXAMPLE:
            try:
                return msgspec.json.decode(file.read_bytes())
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                continue
    return None


def _python(folder: Path) -> str:
    file = folder / PYTHON_ENV
    if not file.is_file() or file.stat().st_size > _LARGEST_TEXT:
        return ""
    try:
        return python_recorded(folder)
    except ValueError:  # no text, or one that is no YAML
        return ""


def _verdict(folder: Path) -> tuple[str, str]:
    file = folder / VERDICT_FILE
    if not file.is_file():
        return "", ""
    if file.stat().st_size > _LARGEST_TEXT:
        return "unknown", "Its file is too large to be one."
    try:
        verdict = read_verdict(folder)
    except InvalidParameter:
        return "unknown", "Its file cannot be understood."
    return (verdict.status, verdict.message) if verdict is not None else ("", "")


def _twin(folder: Path, model: Model) -> OnnxTwin | None:
    """The graph that browsers can predict with: the model's twin, or the model where it is one itself."""
    if is_onnx(model):
        path = str(model.flavors["onnx"].get("data", ""))
        return OnnxTwin(path=path, bytes=_size(folder, path), certified=True) if _size(folder, path) else None
    if not (folder / TWIN_FILE).is_file():
        return None
    certificate = _certificate(folder)
    return OnnxTwin(
        path=TWIN_FILE,
        bytes=_size(folder, TWIN_FILE),
        certified=certificate is not None and _is_admitted(folder, model),
        rows_compared=sum(certificate.rows.values()) if certificate is not None else 0,
        largest_difference=certificate.largest_absolute if certificate is not None else None,
    )


def _certificate(folder: Path) -> Certificate | None:
    try:
        return read_certificate(folder)
    except ModelyardError:
        return None


def _is_admitted(folder: Path, model: Model) -> bool:
    try:
        admit_twin(Opened(folder, model))
    except ModelyardError:
        return False
    return True


def _size(folder: Path, path: str) -> int:
    file = folder / path
    inside = file.resolve().is_relative_to(folder.resolve())
    return file.stat().st_size if path and inside and file.is_file() else 0
