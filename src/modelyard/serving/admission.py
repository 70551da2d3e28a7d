"""The front decides whom to believe, because a worker sees none of this machine's keys."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from modelyard.core.errors import InvalidParameter
from modelyard.models.catalog import PYFUNC
from modelyard.models.load import flavor_behind, open_folder
from modelyard.models.trust import admit, digest
from modelyard.models.twin import admit_twin, is_onnx


class Admitted(NamedTuple):
    """A model folder that nobody else can change, and the digest of the files that may be loaded."""

    folder: Path
    digest: str


def admit_model(path: Path, *, trust: str | None = None, runtime: str = "native") -> Admitted:
    """Decide on a model folder or a sealed bundle as ``load_pyfunc`` would (or ``load_twin``), and load nothing.

    What is answered is for a worker: ``load_pyfunc(folder, trust=digest)`` loads these files, and no others. Raises
    ``UntrustedModel``, ``ChangedModel``, and ``InvalidParameter`` for a model that cannot predict.
    """
    opened = open_folder(path, trust=trust)
    entry = opened.model.flavors.get(PYFUNC)
    if entry is None:
        has = ", ".join(opened.model.flavors)
        raise InvalidParameter(f'Model does not have the "{PYFUNC}" flavor: it cannot predict. It has: {has}.')
    if runtime == "onnx" and not is_onnx(opened.model):
        admit_twin(opened, trust=trust)
        return Admitted(opened.folder, opened.vouched or digest(opened.folder))
    admit(opened.folder, opened.model, flavor=flavor_behind(entry), trust=trust or opened.vouched)
    return Admitted(opened.folder, opened.vouched or digest(opened.folder))
