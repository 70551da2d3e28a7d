"""Reference predictions: which models have some, and that they are what the model predicts, bit by bit."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import numpy
import pandas
import pytest

import modelyard as mlflow
from modelyard.models.load import load_pyfunc
from modelyard.models.plain import PlainRows, plain_columns
from modelyard.models.reference import Reference, refer
from modelyard.models.threads import use_one_thread
from modelyard.models.verdict import read_verdict

linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
ensemble = pytest.importorskip("sklearn.ensemble", reason="scikit-learn is not installed")

pytestmark = pytest.mark.filterwarnings("ignore:The model's input has columns of whole numbers")

DRAW = numpy.random.default_rng(4)
X = DRAW.normal(2.0, 3.0, (50, 4))
Y = X @ [1.0, -2.0, 0.5, 3.0]
FRAME = pandas.DataFrame(X, columns=list("abcd"))
COUNTS = pandas.DataFrame(DRAW.integers(0, 9, (50, 2)), columns=["rooms", "baths"])


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """This test's own keys."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path_factory.mktemp("home")))


def saved(folder: Path, model: Any, example: Any, **options: Any) -> Path:
    mlflow.sklearn.save_model(model, folder / "m", input_example=example, verify=False, **options)
    return folder / "m"


def predicted_again(folder: Path, reference: Reference) -> Any:
    """What the model predicts for the reference's rows now, each alone."""
    model = load_pyfunc(folder)
    use_one_thread(model.get_raw_model())
    signature = model.metadata.signature
    assert signature is not None
    plain = PlainRows(signature, len(plain_columns(signature.to_dict())[0]))
    rows = numpy.array(reference.rows)
    return numpy.concatenate([model.predict(plain.table(row[None])) for row in rows])


@pytest.mark.parametrize(
    ("model", "example", "labels"),
    [
        (linear_model.LinearRegression(), FRAME, Y),
        (linear_model.LinearRegression(), X, numpy.stack([Y, -Y], axis=1)),
        (linear_model.LogisticRegression(), FRAME, numpy.array(["low", "high"])[(Y > 0).astype(int)]),
        (linear_model.LogisticRegression(), X, numpy.array(["low", "high"], dtype=object)[(Y > 0).astype(int)]),
        (ensemble.RandomForestRegressor(5, n_jobs=2), FRAME, Y),
        (ensemble.RandomForestClassifier(5), COUNTS, COUNTS["rooms"] > 4),
    ],
    ids=["numbers", "outputs", "texts", "objects", "forest", "truths"],
)
def test_it_is_what_the_model_predicts_to_the_last_bit(model: Any, example: Any, labels: Any, tmp_path: Path) -> None:
    folder = saved(tmp_path, model.fit(example, labels), example[:3])
    reference = refer(load_pyfunc(folder))
    assert reference is not None
    assert len(reference.rows) == len(reference.predictions) == 18
    read = msgspec.json.decode(msgspec.json.encode(reference), type=Reference)
    assert read == reference
    again = predicted_again(folder, read)
    known = numpy.array(read.predictions, dtype=read.dtype)
    assert (known.dtype, known.shape) == (again.dtype, again.shape)
    assert known.tolist() == again.tolist()
    if known.dtype.kind != "O":
        assert known.tobytes() == again.tobytes()


def test_columns_of_whole_numbers_are_asked_with_whole_numbers(tmp_path: Path) -> None:
    folder = saved(tmp_path, ensemble.RandomForestRegressor(3).fit(COUNTS, COUNTS["rooms"]), COUNTS[:2])
    reference = refer(load_pyfunc(folder))
    assert reference is not None
    assert all(number.is_integer() for row in reference.rows for number in row)


def test_minus_zero_stays_what_it_is() -> None:
    written = msgspec.json.encode(Reference([[-0.0]], [-0.0], "<f8"))
    read = msgspec.json.decode(written, type=Reference)
    assert str(read.rows[0][0]) == str(read.predictions[0]) == "-0.0"


class Refusing(linear_model.LinearRegression):
    """Refuses what is far from all it has seen."""

    def predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        if abs(numpy.asarray(X)).max() > 100:
            raise ValueError("this is out of range")
        return super().predict(X)


class Infinite(linear_model.LinearRegression):
    """Predicts no finite number."""

    def predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        return super().predict(X) * numpy.inf


class Tabular(linear_model.LinearRegression):
    """Predicts a table."""

    def predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        return pandas.DataFrame({"y": super().predict(X)})


class Single(linear_model.LinearRegression):
    """Predicts a number that is in no row."""

    def predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        return super().predict(X).sum()


class Slow(linear_model.LinearRegression):
    """Takes longer than anybody who logs a model would wait."""

    def predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        time.sleep(0.6)
        return super().predict(X)


@pytest.mark.parametrize("kind", [Refusing, Infinite, Tabular, Single, Slow])
def test_a_model_with_answers_of_other_kinds_has_none(kind: type[Any], tmp_path: Path) -> None:
    folder = saved(tmp_path, kind().fit(X, Y), X[:2])
    assert refer(load_pyfunc(folder)) is None


def test_rows_that_are_not_plain_numbers_have_none(tmp_path: Path) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline

    texts = pandas.DataFrame({"text": ["good wine", "bad wine"]})
    model = make_pipeline(TfidfVectorizer(), linear_model.LogisticRegression()).fit(texts["text"], [1, 0])
    assert refer(load_pyfunc(saved(tmp_path, model, texts))) is None


def test_a_model_without_an_example_has_none(tmp_path: Path) -> None:
    model = linear_model.LinearRegression().fit(X, Y)
    assert refer(load_pyfunc(saved(tmp_path, model, None))) is None


def test_many_columns_are_too_many_to_write_down(tmp_path: Path) -> None:
    wide = DRAW.normal(size=(20, 300))
    model = linear_model.Ridge().fit(wide, wide[:, 0])
    assert refer(load_pyfunc(saved(tmp_path, model, wide[:2]))) is None


def test_a_verdict_has_it_and_is_short_to_look_at(tmp_path: Path) -> None:
    model = linear_model.LinearRegression().fit(FRAME, Y)
    mlflow.sklearn.save_model(model, tmp_path / "m", input_example=FRAME[:2])
    verdict = read_verdict(tmp_path / "m")
    assert verdict is not None
    assert verdict.status == "passed"
    assert verdict.reference is not None
    assert predicted_again(tmp_path / "m", verdict.reference).tolist() == verdict.reference.predictions
    assert repr(verdict.reference) == "<Reference: 18 rows, <f8>"
    assert (tmp_path / "m" / "verification.json").stat().st_size < 8_000


def test_other_flavors_have_none(tmp_path: Path) -> None:
    mlflow.pyfunc.save_model(tmp_path / "m", python_model=lambda model_input: [1.0], input_example=FRAME[:2])
    verdict = read_verdict(tmp_path / "m")
    assert verdict is not None
    assert verdict.reference is None
