"""From a folder to a model that answers: loading it, and finding out what may be told of it."""

from __future__ import annotations

import logging
import platform
import time
from pathlib import Path
from typing import Any, NamedTuple

from modelyard.models.catalog import PYFUNC
from modelyard.models.example import split_example
from modelyard.models.libraries import numpy
from modelyard.models.load import flavor_behind, load_pyfunc
from modelyard.models.plain import plain_columns
from modelyard.models.pyfunc import PyFuncModel
from modelyard.models.threads import use_one_thread
from modelyard.models.trust import digest
from modelyard.models.twin import load_twin
from modelyard.serving import fastpath
from modelyard.serving.card import EACH_ALONE, Card, told_by_files
from modelyard.serving.fastpath.kernel import Kernel
from modelyard.serving.protocols.table import protocols_of
from modelyard.serving.worker import together
from modelyard.serving.worker.frames import Start, Started
from modelyard.serving.worker.host import Host
from modelyard.serving.worker.matrices import Matrices
from modelyard.serving.worker.rows import example_rows

log = logging.getLogger(__name__)


class Opened(NamedTuple):
    """A model that answers, and what the front is told."""

    host: Host
    started: Started


def open_model(start: Start) -> Opened:
    """Load the model of a folder; raises what loading it raises."""
    began = time.perf_counter()
    folder = Path(start.folder)
    model, flavor = _loaded(folder, start)
    loaded = time.perf_counter() - began
    names = told_by_files(folder, model.metadata, start.trust or digest(folder), start.facts)
    columns, integers = plain_columns(names["signature"]) if flavor in together.ROW_BY_ROW else ((), ())
    use_one_thread(model.get_raw_model())
    matrices = Matrices(model.metadata.signature, len(columns))
    kernel, why = _kernel(model, matrices, integers, start)
    _warm_up(model)
    found = together.find(model, flavor, start.batching) if kernel is None else together.Finding(0, EACH_ALONE)
    card = Card(
        **names,
        flavor=flavor,
        runtime=start.runtime,
        columns=columns,
        integers=integers,
        batches=found.rows > 1,
        batches_reason=found.reason,
        kernel=kernel.kind if kernel is not None else "",
        kernel_reason=why,
        load_seconds=loaded,
        python=platform.python_version(),
    )
    protocols = protocols_of(card.name, card.version)
    host = Host(model, protocols, matrices, most_rows=found.rows, max_output=start.max_output)
    return Opened(host, Started(card, b"" if kernel is None else fastpath.pack(kernel.arrays())))


def _loaded(folder: Path, start: Start) -> tuple[PyFuncModel, str]:
    """The model, or its ONNX twin, and the flavor that predicts."""
    if start.runtime == "onnx":
        return load_twin(folder, trust=start.trust, held=True), "onnx"
    model = load_pyfunc(folder, trust=start.trust, held=True)
    return model, flavor_behind(model.metadata.flavors[PYFUNC])


def _warm_up(model: PyFuncModel) -> None:
    """Predict on the example, so that the first request need not wait for what is imported or compiled only then."""
    try:
        if model.metadata.saved_input_example_info is not None:
            model.predict(*split_example(model.input_example))
    except Exception as error:
        log.warning("the model does not predict on its own example", exc_info=error)


def _kernel(
    model: PyFuncModel, matrices: Matrices, integers: tuple[int, ...], start: Start
) -> tuple[Kernel | None, str]:
    """The model's fast path, or None and the reason."""
    if not start.fast:
        return None, "It is switched off."
    if not matrices.width:
        return None, "The model does not take plain rows of numbers."
    if start.numpy != numpy().__version__:
        server = f"numpy {start.numpy}" if start.numpy else "no numpy"
        return None, f"The server has {server}, the model's process numpy {numpy().__version__}."

    def alone(row: Any) -> Any:
        return model.predict(matrices.table(row))

    try:
        kernel, why = fastpath.find_kernel(model.get_raw_model())
        if kernel is not None:
            why = fastpath.certify(kernel, alone, matrices.rows_of(example_rows(model)), integers=integers)
    except Exception as error:
        log.warning("the fast path could not be tried", exc_info=error)
        why = f"The fast path could not be tried: {type(error).__name__}."
    if why:
        log.info("there is no fast path: %s", why)
        return None, why
    return kernel, ""
