"""What a fit of scikit-learn leaves behind, and what it does not notice."""

from __future__ import annotations

import inspect
import logging
import pickle  # noqa: TID251 - what is replaced must stay picklable
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import modelyard
from modelyard.client.active import PROCESS
from modelyard.client.autolog.state import AUTOLOG

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
pytest.importorskip("skops", reason="skops is not installed")

import joblib
import numpy as np
import sklearn.base
import sklearn.linear_model
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

Runs = Callable[[], list[Any]]

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)


@pytest.fixture(autouse=True)
def autolog() -> Iterator[None]:
    """Without models, which take a while; tests of models turn them on."""
    modelyard.sklearn.autolog(log_models=False)
    yield
    modelyard.sklearn.autolog(disable=True)


def test_a_fit_makes_a_run_of_its_own_and_ends_it(runs: Runs) -> None:
    LogisticRegression(C=0.5).fit(X, Y)
    assert modelyard.active_run() is None
    [run] = runs()
    assert (run.info.status, run.data.params["C"]) == ("FINISHED", "0.5")
    assert run.data.tags["estimator_name"] == "LogisticRegression"
    assert run.data.tags["estimator_class"] == "sklearn.linear_model._logistic.LogisticRegression"
    assert run.data.tags["mlflow.autologging"] == "sklearn"
    assert run.data.metrics["training_score"] == run.data.metrics["training_accuracy_score"]
    [read] = run.inputs.dataset_inputs
    assert [(tag.key, tag.value) for tag in read.tags] == [("mlflow.data.context", "train")]


def test_a_fit_in_an_active_run_belongs_to_it_and_leaves_it_active(runs: Runs) -> None:
    with modelyard.start_run() as run:
        LinearRegression().fit(X, X[:, 0])
        active = modelyard.active_run()
        assert active is not None
        assert active.info.run_id == run.info.run_id
    [found] = runs()
    assert found.data.metrics["training_r2_score"] == pytest.approx(1.0)
    assert "mlflow.autologging" not in found.data.tags


def test_exclusive_leaves_runs_of_the_script_alone(runs: Runs) -> None:
    modelyard.sklearn.autolog(log_models=False, exclusive=True, extra_tags={"team": "wine"})
    with modelyard.start_run():
        LogisticRegression().fit(X, Y)
    LogisticRegression().fit(X, Y)
    mine, theirs = runs()
    assert (theirs.data.params, mine.data.tags["team"]) == ({}, "wine")


def test_a_pipeline_is_one_run_with_the_params_of_its_parts(runs: Runs) -> None:
    make_pipeline(StandardScaler(), LogisticRegression(C=3.0)).fit(X, Y)
    [run] = runs()
    assert run.data.params["logisticregression__C"] == "3.0"
    assert run.data.tags["estimator_name"] == "Pipeline"


def test_a_pipeline_whose_last_step_clusters_is_one_run(runs: Runs) -> None:
    labels = make_pipeline(StandardScaler(), KMeans(2, random_state=0, n_init=1)).fit_predict(X)
    assert set(labels) == {0, 1}
    [run] = runs()
    assert run.data.tags["estimator_name"] == "Pipeline"


def test_what_prepares_data_is_no_model(runs: Runs) -> None:
    StandardScaler().fit_transform(X)
    assert runs() == []


@pytest.mark.parametrize("backend", ["threading", "loky", "sequential"])
def test_fits_inside_a_fit_are_not_logged_in_whatever_thread(runs: Runs, backend: str) -> None:
    with joblib.parallel_config(backend=backend, n_jobs=2):
        BaggingClassifier(DecisionTreeClassifier(), n_estimators=4, n_jobs=2).fit(X, Y)
        GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]}, cv=2, n_jobs=2).fit(X, Y)
    names = [run.data.tags["estimator_name"] for run in runs() if "mlflow.parentRunId" not in run.data.tags]
    assert sorted(names) == ["BaggingClassifier", "GridSearchCV"]


def test_trials_of_a_cross_validation_are_no_runs(runs: Runs) -> None:
    assert len(sklearn.model_selection.cross_val_score(LogisticRegression(), X, Y, cv=3)) == 3
    assert runs() == []


def test_fits_in_threads_are_runs_each_with_its_own(runs: Runs) -> None:
    together = threading.Barrier(4)

    def fit(number: int) -> None:
        together.wait(30)
        for _ in range(3):
            LogisticRegression(C=number).fit(X, Y)

    threads = [threading.Thread(target=fit, args=(number + 1,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = runs()
    assert sorted(run.data.params["C"] for run in found) == sorted(["1", "2", "3", "4"] * 3)
    assert all(run.info.status == "FINISHED" and "training_score" in run.data.metrics for run in found)


def test_turning_on_and_off_while_others_fit_breaks_nothing() -> None:
    done, failures = threading.Event(), []

    def fit() -> None:
        try:
            while not done.is_set():
                LogisticRegression().fit(X, Y)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells it
            failures.append(error)

    threads = [threading.Thread(target=fit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        modelyard.sklearn.autolog(disable=True)
        modelyard.sklearn.autolog(log_models=False)
    done.set()
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_the_exception_of_a_fit_passes_unchanged_and_the_run_failed(runs: Runs) -> None:
    modelyard.sklearn.autolog(disable=True)
    with pytest.raises(ValueError, match="at least 2 classes") as plain:
        LogisticRegression().fit(X, np.zeros(60))
    modelyard.sklearn.autolog(log_models=False)
    with pytest.raises(ValueError, match="at least 2 classes") as logged:
        LogisticRegression().fit(X, np.zeros(60))
    assert (type(logged.value), str(logged.value)) == (type(plain.value), str(plain.value))
    assert logged.value.__cause__ is None
    assert logged.value.__context__ is None
    [run] = runs()
    assert run.info.status == "FAILED"


def test_wrong_arguments_are_python_s_own_error() -> None:
    with pytest.raises(TypeError, match="fit"):
        LogisticRegression().fit()
    with pytest.raises(TypeError, match="nonsense"):
        LogisticRegression().fit(X, Y, nonsense=1)


def test_a_store_that_is_away_does_not_stop_a_fit(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MODELYARD_CALL_DEADLINE", "0.1")
    modelyard.set_tracking_uri("http://127.0.0.1:9")
    modelyard.sklearn.autolog()
    with caplog.at_level(logging.WARNING):
        model = LogisticRegression().fit(X, Y)
        again = LogisticRegression().fit(X, Y)
    assert (model.predict(X) == again.predict(X)).all()
    told = [record.getMessage() for record in caplog.records if record.name.startswith("modelyard.client.autolog")]
    assert len(told) == len(set(told))
    assert modelyard.active_run() is None


def test_a_failure_of_ours_is_said_once_and_not_at_all_when_silent(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    PROCESS.tracking_uri = None
    monkeypatch.setenv("MODELYARD_TRACKING_URI", "nonsense://nowhere")
    modelyard.sklearn.autolog(silent=True)
    with caplog.at_level(logging.WARNING):
        LogisticRegression().fit(X, Y)
        assert caplog.records == []
        modelyard.sklearn.autolog()
        for _ in range(3):
            LogisticRegression().fit(X, Y)
    [record] = caplog.records
    assert "sklearn goes on without a run" in record.getMessage()
    assert "nonsense" in record.getMessage()


def test_every_function_comes_back_as_the_very_object() -> None:
    modelyard.sklearn.autolog(disable=True)
    before = _functions()
    modelyard.sklearn.autolog()
    during = _functions()
    assert sum(during[name] is not function for name, function in before.items()) > 40
    modelyard.sklearn.autolog()
    assert all(during[name] is function for name, function in _functions().items())
    modelyard.sklearn.autolog(disable=True)
    after = _functions()
    assert before.keys() == after.keys()
    assert [name for name, function in before.items() if after[name] is not function] == []


def test_a_function_somebody_kept_passes_on_when_it_is_over(runs: Runs) -> None:
    kept = LogisticRegression.fit
    modelyard.sklearn.autolog(disable=True)
    kept(LogisticRegression(), X, Y)
    assert runs() == []


def test_results_are_the_same_to_the_bit() -> None:
    def train() -> tuple[Any, ...]:
        np.random.seed(3)
        random.seed(3)
        dummy = DummyClassifier(strategy="stratified").fit(X, Y)  # draws when it predicts
        tree = DecisionTreeClassifier(max_features=1).fit(X, Y)
        return tuple(dummy.predict(X)), tuple(tree.tree_.threshold), np.random.random(), random.random()

    logged = train()
    modelyard.sklearn.autolog(disable=True)
    assert train() == logged


def test_data_that_a_fit_spoils_are_measured_as_they_were(runs: Runs) -> None:
    plain = LinearRegression().fit(X, X[:, 0] + 1)
    expected = plain.score(X, X[:, 0] + 1)
    LinearRegression(copy_X=False).fit(X.copy() + 5, X[:, 0] + 1)
    assert runs()[0].data.metrics["training_score"] == pytest.approx(expected)


def test_estimators_can_be_pickled_cloned_and_looked_into_as_ever() -> None:
    model = LogisticRegression(C=2.0).fit(X, Y)
    assert pickle.loads(pickle.dumps(LogisticRegression.fit)) is LogisticRegression.fit
    assert (pickle.loads(pickle.dumps(model)).predict(X) == model.predict(X)).all()
    assert clone(model).C == 2.0
    assert list(inspect.signature(model.fit).parameters) == ["X", "y", "sample_weight"]
    assert has_fit_parameter(model, "sample_weight")
    check_is_fitted(model)
    with pytest.raises(NotFittedError):
        check_is_fitted(clone(model))
    assert vars(model).keys() == vars(clone(model).fit(X, Y)).keys()
    assert "autolog" not in repr(vars(model))
    assert not hasattr(Pipeline([("scale", StandardScaler()), ("model", model)]), "fit_predict")


def test_metrics_of_many_rows_are_of_some_and_a_tag_says_so(runs: Runs) -> None:
    features, labels = np.tile(X, (50, 1)), np.tile(Y, 50)
    LogisticRegression().fit(features, labels)
    assert runs()[0].data.tags["modelyard.autolog.metric_rows"] == "1000 of 3000"
    KNeighborsClassifier().fit(features, labels)
    assert runs()[0].data.tags["modelyard.autolog.metric_rows"] == "100 of 3000"
    modelyard.sklearn.autolog(log_models=False, max_metric_rows=None)
    LogisticRegression().fit(features, labels)
    assert "modelyard.autolog.metric_rows" not in runs()[0].data.tags


def test_weights_and_a_positive_label_count(runs: Runs) -> None:
    modelyard.sklearn.autolog(log_models=False, pos_label=1)
    weights = np.where(Y == 1, 10.0, 1.0)
    model = DummyClassifier(strategy="most_frequent").fit(X, Y, sample_weight=weights)
    expected = model.score(X, Y, sample_weight=weights)
    metrics = runs()[0].data.metrics
    assert metrics["training_score"] == metrics["training_accuracy_score"] == pytest.approx(expected)
    assert metrics["training_recall_score"] == 1.0


def test_a_model_with_its_signature_and_example_is_logged_and_registered(runs: Runs) -> None:
    modelyard.sklearn.autolog(log_input_examples=True, registered_model_name="logged by itself")
    model = LogisticRegression().fit(X, Y)
    [run] = runs()
    loaded = modelyard.sklearn.load_model(f"runs:/{run.info.run_id}/model")
    assert (loaded.predict(X) == model.predict(X)).all()
    info = modelyard.pyfunc.load_model("models:/logged by itself/1").metadata
    assert info.signature is not None
    assert info.saved_input_example_info is not None
    [logged] = run.outputs.model_outputs
    assert modelyard.get_logged_model(logged.model_id).params["C"] == "1.0"
    assert {metric.model_id for metric in modelyard.get_logged_model(logged.model_id).metrics} == {logged.model_id}
    assert run.inputs.model_inputs == []


def test_a_search_has_as_many_children_as_were_asked_for_the_best_first(runs: Runs) -> None:
    modelyard.sklearn.autolog(log_models=False, max_tuning_runs=2)
    search = RandomizedSearchCV(
        DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3, 4]}, n_iter=4, cv=2, random_state=0
    ).fit(X, Y)
    children = [run for run in runs() if "mlflow.parentRunId" in run.data.tags]
    [parent] = [run for run in runs() if "mlflow.parentRunId" not in run.data.tags]
    assert len(children) == 2
    assert max(child.data.metrics["mean_test_score"] for child in children) == search.best_score_
    assert parent.data.metrics["best_cv_score"] == search.best_score_
    assert parent.data.params["best_max_depth"] == str(search.best_params_["max_depth"])
    table = modelyard.artifacts.load_text(f"runs:/{parent.info.run_id}/cv_results.csv")
    assert len(table.splitlines()) == 5
    assert table.splitlines()[0].split(",") == list(search.cv_results_)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"max_tuning_runs": -1}, "max_tuning_runs"), ({"max_metric_rows": 0}, "max_metric_rows")],
)
def test_an_option_that_makes_no_sense_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(modelyard.MlflowException, match=message):
        modelyard.sklearn.autolog(**options)


def test_an_unknown_option_is_a_type_error_and_help_knows_all() -> None:
    with pytest.raises(TypeError, match="max_runs"):
        modelyard.sklearn.autolog(max_runs=1)
    assert "registered_model_name" in inspect.signature(modelyard.sklearn.autolog).parameters


def test_options_for_all_do_not_replace_those_of_one() -> None:
    modelyard.autolog(log_models=True, max_tuning_runs=9)
    options = AUTOLOG.options("sklearn")
    assert options is not None
    assert options.log_models is False
    modelyard.autolog(disable=True)
    assert AUTOLOG.options("sklearn") is None
    modelyard.autolog(max_tuning_runs=9, exclude_flavors=["keras"])
    assert AUTOLOG.options("sklearn").max_tuning_runs == 9  # type: ignore[union-attr]
    assert AUTOLOG.options("keras") is None


def _functions() -> dict[tuple[str, str], Any]:
    """Every attribute of every estimator's class, and of the modules whose functions are replaced."""
    owners: list[Any] = [sklearn.model_selection, *_subclasses(sklearn.base.BaseEstimator)]
    return {(f"{owner!r}", name): value for owner in owners for name, value in list(vars(owner).items())}


def _subclasses(kind: type) -> Iterator[type]:
    yield kind
    for each in kind.__subclasses__():
        yield from _subclasses(each)
