"""A kernel that differs from its model in one bit of one number is not used, and arrays that cannot be a model are refused."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modelyard.core.errors import InvalidParameter
from modelyard.models.reference import Reference
from modelyard.serving import fastpath

DRAW = np.random.default_rng(3)
X = DRAW.normal(2.0, 5.0, (120, 5))
Y = X @ [1.0, 2.0, 3.0, -1.0, 0.5]
MODELS = {
    "linear": LinearRegression().fit(X, Y),
    "labels": LogisticRegression().fit(X, (Y > 0).astype(int)),
    "scaled": make_pipeline(StandardScaler(), LinearRegression()).fit(X, Y),
    "forest": RandomForestRegressor(4, max_depth=4, random_state=1).fit(X, Y),
    "boosted": GradientBoostingRegressor(n_estimators=5, max_depth=2).fit(X, Y),
    "votes": RandomForestClassifier(4, max_depth=4, random_state=1).fit(X, np.array(["a", "b"])[(Y > 0).astype(int)]),
}


def arrays_of(name: str) -> tuple[str, dict[str, Any]]:
    kernel, why = fastpath.find_kernel(MODELS[name])
    assert kernel is not None, why
    return kernel.kind, {key: value.copy() for key, value in kernel.arrays().items()}


@pytest.mark.parametrize("name", MODELS)
def test_a_kernel_comes_back_from_its_bytes(name: str) -> None:
    kind, arrays = arrays_of(name)
    again = fastpath.open_kernel(kind, fastpath.unpack(fastpath.pack(arrays)))
    assert again.predict(X).tolist() == fastpath.open_kernel(kind, arrays).predict(X).tolist()
    assert fastpath.certify(again, MODELS[name].predict, X[:3]) == ""


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("linear", "weights"),
        ("linear", "intercept"),
        ("scaled", "step.0.subtract"),
        ("scaled", "step.1.divide"),
        ("boosted", "start"),
    ],
)
def test_one_changed_bit_of_a_number_is_seen(name: str, array: str) -> None:
    kind, arrays = arrays_of(name)
    numbers = arrays[array].reshape(-1)
    numbers[0] = np.nextafter(numbers[0], np.inf)
    arrays[array] = numbers.reshape(arrays[array].shape)
    changed = fastpath.open_kernel(kind, arrays)
    assert "otherwise by its arrays than by the model" in fastpath.certify(changed, MODELS[name].predict, X[:3])


def test_one_changed_bit_of_a_leaf_is_seen() -> None:
    kind, arrays = arrays_of("forest")
    kernel: Any = fastpath.open_kernel(kind, arrays)
    common = np.bincount(kernel.trees.leaves(X).reshape(-1)).argmax()  # what few rows meet may be missed
    arrays["values"][common] = np.nextafter(arrays["values"][common], np.inf)
    assert fastpath.certify(fastpath.open_kernel(kind, arrays), MODELS["forest"].predict, X[:3]) != ""


def test_one_changed_bit_of_a_threshold_is_seen() -> None:
    stump = RandomForestRegressor(1, max_depth=1, random_state=1).fit(X, Y)
    kernel, _ = fastpath.find_kernel(stump)
    assert kernel is not None
    arrays = {key: value.copy() for key, value in kernel.arrays().items()}
    threshold = arrays["nodes"].view("float64")[:1]
    threshold[0] = np.nextafter(np.float32(threshold[0]), np.float32(np.inf))
    assert fastpath.certify(fastpath.open_kernel("forest", arrays), stump.predict, X[:3]) != ""


def test_labels_of_another_type_are_seen() -> None:
    kind, arrays = arrays_of("labels")
    arrays["labels"] = arrays["labels"].astype("int32")
    why = fastpath.certify(fastpath.open_kernel(kind, arrays), MODELS["labels"].predict, X[:3])
    assert why.endswith("int32 instead of int64.")


class Batchy(msgspec.Struct):
    """A kernel that answers a row otherwise among others, as a large product of matrices does."""

    columns: int
    kind: str = "linear"

    def predict(self, rows: Any) -> Any:
        return rows.sum(axis=1) + (len(rows) == 33)

    def arrays(self) -> dict[str, Any]:
        return {}


def test_a_kernel_that_looks_at_other_rows_is_seen() -> None:
    why = fastpath.certify(Batchy(5), lambda rows: rows.sum(axis=1), X)  # type: ignore[arg-type]  # its kind is no constant
    assert why.startswith("A row is predicted otherwise among 33 than alone")


def test_columns_of_whole_numbers_are_only_given_those() -> None:
    seen: list[Any] = []

    def predict(row: Any) -> Any:
        seen.append(row)
        return MODELS["linear"].predict(row)

    kernel, _ = fastpath.find_kernel(MODELS["linear"])
    assert kernel is not None
    assert fastpath.certify(kernel, predict, integers=(1, 3)) == ""
    rows = np.concatenate(seen)
    assert len(rows) > 30
    assert (rows[:, [1, 3]] == np.trunc(rows[:, [1, 3]])).all()
    assert (rows[:, 0] != np.trunc(rows[:, 0])).any()


# ----------------------------------------------------------------------------------------------------------------------
# Arrays nobody should believe


SPOILT: list[tuple[str, str, Any]] = [
    ("linear", "weights", np.zeros(4)),
    ("linear", "weights", np.zeros((5, 2, 1))),
    ("linear", "weights", np.zeros(5, dtype="int64")),
    ("linear", "intercept", np.zeros(3)),
    ("linear", "columns", np.array(4)),
    ("linear", "columns", np.array([1, 2])),
    ("labels", "labels", np.array([0])),
    ("scaled", "step.0.subtract", np.zeros(3)),
    ("scaled", "step.0.subtract", np.zeros(5, dtype="complex128")),
    ("forest", "trees", np.array([0, 0, 4])),
    ("forest", "trees", np.array([10_000, 0, 4])),
    ("forest", "trees", np.array([4, 0, 1 << 40])),
    ("forest", "trees", np.array([4, 3, 2])),
    ("forest", "values", np.zeros((3, 1))),
    ("forest", "nodes", np.zeros(50)),
    ("forest", "facts", np.array([5, 0])),
    ("forest", "facts", np.array([2, 0, 0, 1, 1])),
    ("forest", "facts", np.array([5, 0, 1, 1, 1])),
    ("boosted", "start", np.zeros(0)),
    ("boosted", "start", np.zeros(3)),
    ("votes", "labels", np.array(["a"])),
]


@pytest.mark.parametrize(("name", "array", "value"), SPOILT)
def test_arrays_that_do_not_fit_together_are_refused(name: str, array: str, value: Any) -> None:
    kind, arrays = arrays_of(name)
    assert array in arrays
    with pytest.raises(InvalidParameter):
        fastpath.open_kernel(kind, {**arrays, array: value})


@pytest.mark.parametrize("name", ["linear", "forest"])
def test_missing_arrays_are_refused(name: str) -> None:
    kind, arrays = arrays_of(name)
    for array in arrays:
        with pytest.raises(InvalidParameter):
            fastpath.open_kernel(kind, {key: value for key, value in arrays.items() if key != array})


@pytest.mark.parametrize(("part", "value"), [(2, 5), (2, -1), (3, -1), (3, 0), (3, 1 << 30)])
def test_nodes_that_lead_nowhere_are_refused(part: int, value: int) -> None:
    kind, arrays = arrays_of("forest")
    arrays["nodes"].view("int32")[part + 4] = value  # of the second root
    with pytest.raises(InvalidParameter):
        fastpath.open_kernel(kind, arrays)


def test_an_unknown_kind_and_an_unknown_step_are_refused() -> None:
    kind, arrays = arrays_of("scaled")
    with pytest.raises(InvalidParameter, match="no fast path 'neural'"):
        fastpath.open_kernel("neural", arrays)
    with pytest.raises(InvalidParameter, match="no step 'explode'"):
        fastpath.open_kernel(kind, {**arrays, "step.2.explode": np.zeros(5)})


def written(*, compression: int = zipfile.ZIP_STORED, **members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def npy(array: Any, *, allow_pickle: bool = False) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=allow_pickle)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        written(a=b"no array"),
        written(a=npy(np.zeros(9))[:-1]),
        written(a=npy(np.zeros(9)) + b"\0"),
        written(a=npy(np.zeros(9)).replace(b"(9,)", b"(9,9)".ljust(4))),
        written(a=npy(np.array([{}, 1], dtype=object), allow_pickle=True)),
        written(a=npy(np.zeros(999)), compression=zipfile.ZIP_DEFLATED),
        written(**{f"a{number}": npy(np.zeros(1)) for number in range(65)}),
        fastpath.pack({"a": np.zeros(1000)})[:-40],
    ],
)
def test_bytes_that_are_no_packed_arrays_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidParameter):
        fastpath.unpack(data)


def test_arrays_keep_type_shape_order_and_bits() -> None:
    given = {
        "f": np.asfortranarray(DRAW.normal(size=(3, 4))),
        "i": np.arange(5, dtype="int32"),
        "u": np.array(["a", "höchst"]),
        "none": np.zeros((0, 3)),
        "one": np.array(5.0),
    }
    found = fastpath.unpack(fastpath.pack(given))
    assert found.keys() == given.keys()
    for name, array in given.items():
        assert found[name].dtype == array.dtype
        assert found[name].tobytes("A") == array.tobytes("A")
        assert found[name].flags.f_contiguous == array.flags.f_contiguous
        assert found[name].shape == array.shape


# ----------------------------------------------------------------------------------------------------------------------
# By a reference, without the model


def reference_of(name: str) -> Reference:
    found = MODELS[name].predict(X[:18])
    return Reference(X[:18].tolist(), found.tolist(), found.dtype.str)


@pytest.mark.parametrize("name", ["forest", "boosted", "votes"])
def test_a_kernel_that_predicts_as_the_reference_says_is_certified(name: str) -> None:
    kind, arrays = arrays_of(name)
    assert fastpath.certify_by_reference(fastpath.open_kernel(kind, arrays), reference_of(name)) == ""


def test_one_changed_bit_of_a_reference_is_seen() -> None:
    kind, arrays = arrays_of("forest")
    known = reference_of("forest")
    last = [*known.predictions[:-1], float(np.nextafter(known.predictions[-1], np.inf))]
    changed = msgspec.structs.replace(known, predictions=last)
    said = fastpath.certify_by_reference(fastpath.open_kernel(kind, arrays), changed)
    assert said.startswith(
        "A row is predicted otherwise by the arrays than the model predicted it where it was verified"
    )


class Crowded:
    """Predicts among many rows something else than alone."""

    def __init__(self, kernel: Any) -> None:
        self.kind, self.columns = kernel.kind, kernel.columns
        self._kernel = kernel

    def predict(self, rows: Any) -> Any:
        return self._kernel.predict(rows) + (len(rows) > 32)


def test_a_kernel_that_predicts_otherwise_among_others_is_not_certified() -> None:
    kind, arrays = arrays_of("forest")
    crowded: Any = Crowded(fastpath.open_kernel(kind, arrays))
    assert "among 33 than alone" in fastpath.certify_by_reference(crowded, reference_of("forest"))


@pytest.mark.parametrize(
    "changed",
    [
        {"rows": []},
        {"rows": [[1.0] * 5] * 17},
        {"rows": [[1.0] * 4] * 18},
        {"rows": [[1e200] * 5] * 18},
        {"rows": [[float("nan")] * 5] * 18},
        {"rows": [[1.0], [1.0, 2.0]]},
        {"predictions": ["a"] * 18},
        {"predictions": [[1.0, 2.0]] * 18},
        {"predictions": [None] * 18},
        {"dtype": "no type"},
        {"dtype": "<f4"},
    ],
    ids=str,
)
def test_a_reference_that_cannot_be_one_certifies_nothing(changed: dict[str, Any]) -> None:
    kind, arrays = arrays_of("forest")
    known = msgspec.structs.replace(reference_of("forest"), **changed)
    said = fastpath.certify_by_reference(fastpath.open_kernel(kind, arrays), known)
    assert said.endswith(".")
