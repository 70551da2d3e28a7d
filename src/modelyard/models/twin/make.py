"""Making a twin: the first graph whose predictions agree with the model's on every row, or the one that comes nearest."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from modelyard.core.errors import InvalidParameter, first_line
from modelyard.core.extras import require
from modelyard.core.version import __version__
from modelyard.models.convert import Converted, graphs
from modelyard.models.schema import Schema
from modelyard.models.twin.certificate import Binding, Certificate
from modelyard.models.twin.parity import ABSOLUTE, RELATIVE, Difference, difference
from modelyard.models.twin.predictor import answer, form_of, runner, ties

Predict = Callable[..., Any]


class Made(NamedTuple):
    """A graph (an ``onnx.ModelProto``) and its certificate, which does not know yet what files there will be."""

    proto: Any
    certificate: Certificate


class _Answered(NamedTuple):
    source: str
    data: Any
    predictions: Any


def make(
    obj: Any,
    *,
    flavor: str,
    schema: Schema | None,
    predict: Predict,
    rows: Iterable[tuple[str, Any]],
    method: str = "predict",
) -> Made:
    """Convert a model, and compare each form of the graph with what ``predict`` answers on the rows.

    Raises ``InvalidParameter`` when the model cannot be converted, or does not predict on its own example.
    """
    answered = _answers(predict, rows)
    best: Made | None = None
    for converted in graphs(obj, flavor=flavor, schema=schema, method=method):
        made = _compared(converted, answered, method)
        if best is None or _failings(made) < _failings(best):
            best = made
        if made.certificate.status == "passed":
            return made
    if best is None:
        raise InvalidParameter(f"There is no form in which this {flavor} model could be converted to ONNX.")
    return best


def _failings(made: Made) -> tuple[bool, int]:
    """One that does not run is worse than any that does."""
    return not made.certificate.rows, made.certificate.crossed


def _answers(predict: Predict, rows: Iterable[tuple[str, Any]]) -> list[_Answered]:
    found = []
    for source, data in rows:
        try:
            found.append(_Answered(source, data, predict(data, None)))
        except Exception as error:
            if source == "example":
                raise InvalidParameter(
                    f"The model has no ONNX twin, for it fails on its input example: {type(error).__name__}: {error}"
                ) from error
    return found


def _compared(converted: Converted, answered: list[_Answered], method: str) -> Made:
    form = form_of(answered[0].predictions) if answered else None
    binding = Binding(inputs=converted.inputs, output=converted.output, form=form)
    found: dict[str, Difference] = {}
    failed = ""
    try:
        run = runner(converted.proto, binding)
        for each in answered:
            outputs = run(each.data)
            same = answer(outputs, binding, each.data)
            found[each.source] = difference(each.predictions, same, tied=ties(outputs, binding))
    except Exception as error:  # noqa: BLE001 - whatever the runtime does not like: it is told in the certificate
        found = {}
        failed = f"The graph does not run: {type(error).__name__}: {first_line(error)}."
    return Made(converted.proto, _certificate(converted, binding, found, failed, method))


def _certificate(
    converted: Converted, binding: Binding, found: dict[str, Difference], failed: str, method: str
) -> Certificate:
    total = sum(each.rows for each in found.values())
    crossed = sum(each.crossed for each in found.values())
    equal = sum(each.ties for each in found.values())
    absolute = max((each.absolute for each in found.values() if each.absolute is not None), default=None)
    relative = max((each.relative for each in found.values() if each.relative is not None), default=None)
    if not found and not failed:
        failed = "There were no rows to compare on: give an input_example."
    passed = not failed and not crossed
    told = f"{crossed} of {total} rows differ" if crossed else f"all {total} rows agree"
    told += f" ({equal} of them at a tie of two classes)" if equal else ""
    far = "" if absolute is None else f"; the largest difference is {absolute:.3g}"
    return Certificate(
        status="passed" if passed else "failed",
        message=failed or f"{told}{far}.",
        method=method,
        rows={source: each.rows for source, each in found.items()},
        crossed=crossed,
        ties=equal,
        largest_absolute=absolute,
        largest_relative=relative,
        absolute_tolerance=ABSOLUTE,
        relative_tolerance=RELATIVE,
        versions=_versions(converted.exporter),
        binding=binding,
    )


def _versions(exporter: str) -> dict[str, str]:
    return {
        "exporter": exporter,
        "onnx": require("onnx", what="An ONNX twin", extra="onnx").__version__,
        "onnxruntime": require("onnxruntime", what="An ONNX twin", extra="onnx").__version__,
        "modelyard": __version__,
        "python": platform.python_version(),
    }


def with_files(certificate: Certificate, *, twin: dict[str, str], source: dict[str, str]) -> Certificate:
    """The certificate with the digests of the files it is about."""
    return msgspec.structs.replace(certificate, twin=twin, source=source)
