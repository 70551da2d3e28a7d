"""Reference predictions: what a model answered to a few rows where it was verified, to be compared with elsewhere."""

from __future__ import annotations

import time
from itertools import islice
from typing import Any

import msgspec

from modelyard.models.example import split_example
from modelyard.models.libraries import kind_of, numpy
from modelyard.models.plain import LARGEST, PlainRows, as_integers, plain_columns, trial_rounds
from modelyard.models.pyfunc import PyFuncModel
from modelyard.models.threads import use_one_thread

FLAVORS = frozenset({"sklearn"})
"""Those whose predictions can be compared with before the framework is there: their files are read as data."""

_ROUNDS = 2
_MOST_NUMBERS = 4_000  # in all rows together: they are written out, and read at each start
_SECONDS = 1.0
_SEED = 20_261_123
_PLAIN = "iufbU"  # kinds of numbers and texts


class Reference(msgspec.Struct, frozen=True):
    """Rows of plain numbers, (rows, columns), and the model's prediction of each of them alone.

    A prediction is a value, or a list of those of several outputs; ``dtype`` is their type as numpy writes it, such as ``<f8``.
    JSON keeps every bit of them: ``-0.0`` is written, and infinite numbers do not occur.
    """

    rows: list[list[float]]
    predictions: list[Any]
    dtype: str

    def __repr__(self) -> str:
        return f"<Reference: {len(self.rows)} rows, {self.dtype}>"


def refer(model: PyFuncModel) -> Reference | None:
    """Have a model predict rows of its example and random ones like them.

    None where its rows are not plain numbers, where it refuses some or takes a second for all of them, and where its
    predictions are no finite numbers or texts. Let go of the model afterwards: it predicts on one thread from now on.
    """
    signature = model.metadata.signature
    columns, integers = plain_columns(signature.to_dict() if signature is not None else None)
    if not columns or _ROUNDS * 9 * len(columns) > _MOST_NUMBERS:
        return None
    plain = PlainRows(signature, len(columns))
    until = time.perf_counter() + _SECONDS
    found: list[Any] = []
    try:
        example = plain.rows_of(split_example(model.input_example)[0])
        use_one_thread(model.get_raw_model())
        rounds = trial_rounds(example, len(columns), numpy().random.default_rng(_SEED))
        drawn = numpy().concatenate([*islice(rounds, _ROUNDS)]).clip(-LARGEST, LARGEST)
        rows = as_integers(drawn, integers)
        for row in rows:
            found.append(model.predict(plain.table(row[None, :].copy())))
            if time.perf_counter() > until:
                return None
    except Exception:  # noqa: BLE001 - a model may refuse what is far from all it has seen
        return None
    return _written(rows, found)


def _written(rows: Any, found: list[Any]) -> Reference | None:
    library = numpy()
    if any(kind_of(each) != "ndarray" or each.ndim not in (1, 2) or len(each) != 1 for each in found):
        return None
    if len({(each.dtype.str, each.shape) for each in found}) != 1:
        return None
    values = library.concatenate(found)
    kind = values.dtype.kind
    if kind not in _PLAIN and not (kind == "O" and all(type(each) is str for each in values.flat)):
        return None
    if kind == "f" and not library.isfinite(values).all():
        return None
    return Reference(rows.tolist(), values.tolist(), values.dtype.str)
