"""What runs in the clean process: load a folder, predict on its example, write down what happened."""

from __future__ import annotations

import platform
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from modelyard.models import reference
from modelyard.models.catalog import PYFUNC
from modelyard.models.example import split_example
from modelyard.models.imports import recorded
from modelyard.models.load import flavor_behind, load_native, load_pyfunc, open_folder
from modelyard.models.offline import OFFLINE
from modelyard.models.verdict import Verdict

_LONGEST = 4000


def main(arguments: Sequence[str], *, before: float = 0.0) -> None:
    """Verify the folder of the first argument, whose digest is the second, and write the verdict to the third.

    ``before`` is the time that imports took which this process found done: loading would have taken it too.
    """
    folder, digest, report = arguments
    OFFLINE.set(True)
    with recorded() as imported:
        try:
            verdict = _try(Path(folder), digest, before)
        except BaseException as error:  # noqa: BLE001 - whatever a model's own code does, the verdict names it
            verdict = Verdict(status="failed", message=f"{type(error).__name__}: {error}"[:_LONGEST])
    used = sorted(imported - sys.stdlib_module_names - {"modelyard"})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    whole = msgspec.structs.replace(verdict, peak_memory=peak, python=platform.python_version(), modules=used)
    Path(report).write_bytes(msgspec.json.encode(whole))


def _try(folder: Path, digest: str, before: float) -> Verdict:
    began = time.perf_counter() - before
    opened = open_folder(folder)
    if PYFUNC not in opened.model.flavors:
        load_native(folder, flavor=next(iter(opened.model.flavors)), trust=digest)
        return Verdict(status="passed", load_seconds=time.perf_counter() - began)
    loaded = load_pyfunc(folder, trust=digest)
    load_seconds = time.perf_counter() - began
    if opened.model.saved_input_example_info is None:
        return Verdict(status="passed", load_seconds=load_seconds)
    data, params = split_example(loaded.input_example)
    began = time.perf_counter()
    loaded.predict(data, params)
    predict_seconds = time.perf_counter() - began
    is_compared = flavor_behind(opened.model.flavors[PYFUNC]) in reference.FLAVORS
    return Verdict(
        status="passed",
        predicted=True,
        load_seconds=load_seconds,
        predict_seconds=predict_seconds,
        reference=reference.refer(loaded) if is_compared else None,
    )
