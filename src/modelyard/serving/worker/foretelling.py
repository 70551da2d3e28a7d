"""What will be told of a model once its framework is there, foretold from its files.

A model that was verified carries its own answers to a few rows, and an estimator's numbers can be read from its file without
its framework. A fast path made of them that gives those answers, bit by bit, gives them for everybody while the model is loaded.
"""

from __future__ import annotations

import logging
import platform
from pathlib import Path

from modelyard.models.catalog import PYFUNC
from modelyard.models.libraries import numpy
from modelyard.models.load import flavor_behind
from modelyard.models.mlmodel import Model
from modelyard.models.outlines import outline
from modelyard.models.plain import plain_columns
from modelyard.models.reference import Reference
from modelyard.models.trust import digest
from modelyard.models.verdict import read_verdict
from modelyard.serving import fastpath
from modelyard.serving.card import EACH_ALONE, Card, told_by_files
from modelyard.serving.fastpath.kernel import Kernel
from modelyard.serving.worker.frames import Start, Started

log = logging.getLogger(__name__)


def foretell(start: Start) -> Started | None:
    """What ``open_model`` will tell, but for the time that loading takes; None where only the loaded model knows."""
    folder = Path(start.folder)
    reference = _reference(folder, start)
    if reference is None:
        return None
    model = Model.load(folder)
    kernel = _kernel(folder, model, reference)
    if kernel is None:
        return None
    names = told_by_files(folder, model, start.trust or digest(folder), start.facts)
    columns, integers = plain_columns(names["signature"])
    card = Card(
        **names,
        flavor=flavor_behind(model.flavors[PYFUNC]),
        runtime=start.runtime,
        columns=columns,
        integers=integers,
        batches_reason=EACH_ALONE,
        kernel=kernel.kind,
        python=platform.python_version(),
    )
    return Started(card, fastpath.pack(kernel.arrays()))


def _reference(folder: Path, start: Start) -> Reference | None:
    """What the model answered when it passed its verification, if the front may answer for it at all."""
    verdict = read_verdict(folder)
    if verdict is None or verdict.status != "passed" or start.runtime != "native" or not start.fast:
        return None
    return verdict.reference if start.numpy == numpy().__version__ else None


def _kernel(folder: Path, model: Model, reference: Reference) -> Kernel | None:
    """The fast path that predicts what the reference says; None where there is none."""
    try:
        entry = model.flavors.get("sklearn", {})
        read = outline(folder / str(entry.get("pickled_model")), str(entry.get("serialization_format")))
        kernel, why = (None, "They are not read as data.") if read is None else fastpath.find_kernel(read)
        if kernel is not None:
            why = fastpath.certify_by_reference(kernel, reference)
    except Exception as error:
        log.warning("the fast path could not be foretold", exc_info=error)
        return None
    if why:
        log.info("the model's files alone do not tell its fast path: %s", why)
        return None
    return kernel
