"""The frozen list against the installed skops and scikit-learn: each name is there, and each estimator is judged."""

from __future__ import annotations

import importlib
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import UntrustedModel
from modelyard.models.trust.frozen import frozen
from modelyard.models.trust.skops_types import LIST, outside, read, types_in
from tests.support.hostile_files import node, skops, text

np = pytest.importorskip("numpy", reason="numpy is not installed")
sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed")
skops_io = pytest.importorskip("skops.io", reason="skops is not installed")

TREE = "sklearn.tree._tree.Tree (by TreeNode)"
HISTOGRAM = (
    "numpy.random._generator.Generator (by RandomGeneratorNode)",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)
NEIGHBOURS = ("sklearn.metrics._dist_metrics.EuclideanDistance64", "sklearn.neighbors._kd_tree.KDTree")
SPLINE = ("scipy._lib.array_api_compat.numpy._aliases.asarray", "scipy.interpolate._bsplines.BSpline")

# Estimators that hold what is not on the list, and why it is not.
EXPLAINED: dict[tuple[str, ...], str] = {
    (TREE,): "compiled code follows a tree's indices unchecked: a forged file could read any memory",
    HISTOGRAM: "the same, and skops distrusts it too; a generator is made by a name in a text",
    NEIGHBOURS: "compiled code follows the indices of the search tree unchecked",
    SPLINE: "compiled code follows a spline's knots unchecked, and it holds a function of a private module",
}


def with_trees() -> set[str]:
    forests = ("ExtraTree", "ExtraTrees", "RandomForest", "DecisionTree", "GradientBoosting", "AdaBoost", "Bagging")
    kinds = {f"{each}{kind}" for each in forests for kind in ("Classifier", "Regressor")}
    return (
        kinds
        | {"IsolationForest", "RandomTreesEmbedding", "VotingClassifier", "VotingRegressor"}
        | {
            "StackingClassifier",
            "StackingRegressor",
        }
    )


OUTSIDE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(with_trees(), (TREE,)),
    **dict.fromkeys(("HistGradientBoostingClassifier", "HistGradientBoostingRegressor"), HISTOGRAM),
    "SplineTransformer": SPLINE,
}
NEIGHBOUR_WORDS = ("Neighbors", "Isomap", "LocallyLinearEmbedding", "KernelDensity", "LocalOutlierFactor", "HDBSCAN")


def fitted() -> Iterator[tuple[str, Any]]:
    """Each estimator that can be fitted on toy data, fitted."""
    random = np.random.RandomState(0)
    x = np.abs(random.rand(40, 4))
    y = (x[:, 0] > 0.5).astype(int)
    texts = ["a b c d", "e f", "a f"]
    attempts = ((x, y), (x, x[:, 1]), (x, np.c_[y, 1 - y]), (x[:, 0], y), (y,), ([{"a": 1}, {"b": 2}],), (texts,))
    discovery = importlib.import_module("sklearn.utils")
    instances = importlib.import_module("sklearn.utils._test_common.instance_generator")
    for name, kind in discovery.all_estimators():
        try:
            made = next(iter(instances._construct_instances(kind)))
        except Exception:  # noqa: BLE001 - one that needs arguments of its own
            continue
        for attempt in attempts:
            try:
                yield name, made.fit(*attempt)
                break
            except Exception:  # noqa: BLE001 - it takes other data
                continue


def test_every_estimator_is_judged_and_each_difference_is_explained(tmp_path: Path) -> None:
    seen, surprises = set(), {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, estimator in fitted():
            try:
                skops_io.dump(estimator, tmp_path / name)
            except Exception:  # noqa: BLE001 - skops cannot hold it, it becomes a pickle
                continue
            seen.add(name)
            found = tuple(outside(tmp_path / name))
            assert found in ((), *EXPLAINED), name
            by_word = NEIGHBOURS if any(word in name for word in NEIGHBOUR_WORDS) else ()
            if found and found not in (OUTSIDE.get(name, ()), by_word):
                surprises[name] = found
    assert len(seen) > 180, "most estimators fit on toy data"
    assert surprises == {}
    assert set(OUTSIDE) <= seen


@pytest.mark.parametrize("loader", sorted(frozen(LIST)))
def test_each_name_on_the_list_is_there(loader: str) -> None:
    for required in ("sklearn.experimental.enable_iterative_imputer", "sklearn.experimental.enable_halving_search_cv"):
        importlib.import_module(required)
    missing = []
    for name in frozen(LIST)[loader]:
        module, _, attribute = name.rpartition(".")
        if module.startswith("lightgbm"):
            pytest.importorskip("lightgbm", reason="lightgbm is not installed")
        if not hasattr(importlib.import_module(module), attribute):
            missing.append(name)
    assert missing == []


def test_what_skops_trusts_today_is_on_the_list_or_left_out_on_purpose() -> None:
    trusted = importlib.import_module("skops.io._trusted_types")
    here = {name for names in frozen(LIST).values() for name in names}
    theirs = {
        *trusted.SKLEARN_ESTIMATOR_TYPE_NAMES,
        *trusted.SKLEARN_INTERNAL_TYPE_NAMES,
        *trusted.NUMPY_UFUNC_TYPE_NAMES,
        *trusted.SCIPY_UFUNC_TYPE_NAMES,
        *trusted.NUMPY_DTYPE_TYPE_NAMES,
        *trusted.PRIMITIVE_TYPE_NAMES,
        *trusted.CONTAINER_TYPE_NAMES,
    }
    assert theirs - here == {
        "builtins.map",  # calls what it is given
        "numpy.object_",  # an array of these is a pickle
        "numpy.void",
        "sklearn.cluster._birch.Birch",  # skops cannot hold one
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",  # nothing else uses it
    }


def test_a_listed_model_loads_with_exactly_its_types(tmp_path: Path) -> None:
    pipeline = importlib.import_module("sklearn.pipeline")
    preprocessing = importlib.import_module("sklearn.preprocessing")
    linear = importlib.import_module("sklearn.linear_model")
    x = np.arange(20.0).reshape(10, 2)
    steps = (preprocessing.FunctionTransformer(np.log1p), preprocessing.StandardScaler(), linear.LogisticRegression())
    model = pipeline.make_pipeline(*steps).fit(x, x[:, 0] > 9)
    skops_io.dump(model, tmp_path / "m.skops")
    assert outside(tmp_path / "m.skops") == []
    loaded = skops_io.load(tmp_path / "m.skops", trusted=types_in(tmp_path / "m.skops"))
    assert (loaded.predict(x) == model.predict(x)).all()


@pytest.mark.parametrize("protocol", [0, 3, True, None, "2", -1])
def test_another_protocol_is_outside(tmp_path: Path, protocol: object) -> None:
    (tmp_path / "m.skops").write_bytes(skops(text("x"), protocol=protocol))
    assert outside(tmp_path / "m.skops") == [f"protocol {protocol!r}"]


def test_a_type_is_listed_for_its_loader_only(tmp_path: Path) -> None:
    """A class that may be an object's may not be called as the type of a key."""
    (tmp_path / "m.skops").write_bytes(skops(node("TypeNode", "sklearn.svm._classes.SVC")))
    assert outside(tmp_path / "m.skops") == ["sklearn.svm._classes.SVC"]


def test_nodes_are_found_wherever_they_hide(tmp_path: Path) -> None:
    hidden = node("MethodNode", "os.system")
    (tmp_path / "m.skops").write_bytes(skops({**text("x"), "unheard of": [{"deep": [hidden]}]}))
    assert outside(tmp_path / "m.skops") == ["os.system (by MethodNode)"]


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\x80\4N.", b"{}", b"PK\5\6" + bytes(18)])
def test_what_is_no_skops_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.skops").write_bytes(content)
    with pytest.raises(UntrustedModel, match="not a skops file"):
        read(tmp_path / "m.skops")


@pytest.mark.parametrize("schema", ["[" * 100_000 + "]" * 100_000, "[]", "{}", '{"__loader__"', b"\xff\xfe"])
def test_a_schema_that_is_no_tree_is_refused(tmp_path: Path, schema: str | bytes) -> None:
    with zipfile.ZipFile(tmp_path / "m.skops", "w") as archive:
        archive.writestr("schema.json", schema)
    with pytest.raises(UntrustedModel, match=r"schema\.json"):
        read(tmp_path / "m.skops")
