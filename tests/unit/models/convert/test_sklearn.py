"""scikit-learn models as ONNX graphs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVR

from modelyard.core.errors import InvalidParameter
from modelyard.models.convert import graphs
from modelyard.models.signature import infer_signature
from tests.support.frameworks import imported
from tests.support.graphs import furthest, graph
from tests.support.tables import good, grades, numbers, quality

imported("onnxruntime")
imported("skl2onnx")

REGRESSORS = [
    ElasticNet(alpha=0.01),
    RandomForestRegressor(10, random_state=1),
    make_pipeline(StandardScaler(), GradientBoostingRegressor(n_estimators=10, random_state=1)),
    HistGradientBoostingRegressor(max_iter=10),
    make_pipeline(StandardScaler(), SVR()),
    make_pipeline(
        StandardScaler(), MLPRegressor(hidden_layer_sizes=(8,), max_iter=2000, random_state=1, solver="lbfgs")
    ),
    KNeighborsRegressor(3),
]


@pytest.mark.parametrize(
    "model", REGRESSORS, ids=lambda each: type(getattr(each, "steps", [[0, each]])[-1][1]).__name__
)
def test_a_regressor_and_its_graph_agree(model: Any) -> None:
    table = numbers()
    model = model.fit(table, quality())
    assert furthest(model.predict(table), graph(model, table)(table)) < 1e-4


@pytest.mark.parametrize(
    "model", [RandomForestClassifier(10, random_state=1), HistGradientBoostingClassifier(max_iter=10)]
)
@pytest.mark.parametrize("target", [good(), grades()], ids=["numbers", "texts"])
def test_a_classifier_and_its_graph_name_the_same_classes(model: Any, target: Any) -> None:
    table = numbers()
    model = model.fit(table, target)
    assert list(graph(model, table)(table)) == list(model.predict(table))
    assert furthest(model.predict_proba(table), graph(model, table, method="predict_proba")(table)) < 1e-4


def test_a_cluster_and_a_transformer_have_graphs() -> None:
    table = numbers()
    clusters, scaler = KMeans(3, n_init=1, random_state=1).fit(table), StandardScaler().fit(table)
    assert list(graph(clusters, table)(table)) == list(clusters.predict(table))
    assert furthest(scaler.transform(table), graph(scaler, table, method="transform")(table)) < 1e-4


def mixed() -> pd.DataFrame:
    """Columns of each kind, with a name that is no word."""
    table = numbers()
    return table.assign(
        color=np.where(table["acid"] > 0.5, "red", "white"), year=(table["sugar"] // 10).astype("int64")
    )


def test_a_pipeline_that_picks_columns_by_name_has_an_input_for_each() -> None:
    table = mixed()
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["ph level", "acid"]),
            ("texts", OneHotEncoder(handle_unknown="ignore"), ["color"]),
            ("years", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["year"]),
        ]
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=500)).fit(table, grades())
    predict = graph(model, table)
    assert list(predict(table)) == list(model.predict(table))
    assert list(predict(table[table.columns[::-1]])) == list(model.predict(table)), "columns go by name, not by place"


def test_columns_in_another_order_than_the_training_s_find_their_places() -> None:
    table = numbers()
    model = ElasticNet(alpha=0.01).fit(table, quality())
    turned = table[table.columns[::-1]]
    assert furthest(model.predict(table), graph(model, turned)(turned)) < 1e-4


def test_an_array_is_as_good_as_a_table() -> None:
    array = numbers().to_numpy()
    model = ElasticNet(alpha=0.01).fit(array, quality())
    assert furthest(model.predict(array), graph(model, array)(array)) < 1e-4


TEXTS = ["a GUTER Wein", "übler Ärger a Wein", "gut, sehr GUT", "ÜBEL & bitter_süß"] * 4


@pytest.mark.parametrize("vectorizer", [TfidfVectorizer(ngram_range=(1, 2)), CountVectorizer()])
def test_texts_are_cut_into_words_as_scikit_learn_cuts_them(vectorizer: Any) -> None:
    model = make_pipeline(vectorizer, LogisticRegression()).fit(TEXTS, [1, 0, 1, 0] * 4)
    asked = [*TEXTS, "ärger ÜBLER", "a", ""]
    assert furthest(model.predict_proba(asked), graph(model, TEXTS, method="predict_proba")(asked)) < 1e-4


def test_boosters_of_others_have_graphs_inside_a_pipeline() -> None:
    xgboost, lightgbm = imported("xgboost"), imported("lightgbm")
    table = numbers()
    signature = infer_signature(table)
    for booster, precision in (
        (xgboost.XGBRegressor(n_estimators=5), "float64"),
        (lightgbm.LGBMRegressor(n_estimators=5, verbose=-1), "float32"),
    ):
        model = make_pipeline(StandardScaler(), booster).fit(table, quality())
        found = list(graphs(model, flavor="sklearn", schema=signature.inputs))
        assert precision in [each.inputs[0].type for each in found]


@pytest.mark.parametrize("classes", [2, 3])
def test_xgboost_after_a_scaler_compares_in_its_own_precision(classes: int) -> None:
    xgboost = imported("xgboost")
    table = numbers()
    target = pd.qcut(quality(), classes, labels=False)
    model = make_pipeline(StandardScaler(), xgboost.XGBClassifier(n_estimators=5)).fit(table, target)
    *_, double = graphs(model, flavor="sklearn", schema=infer_signature(table).inputs)
    assert double.inputs[0].type == "float64"
    assert [node.op_type for node in double.proto.graph.node].count("Cast") >= 2


def test_what_has_no_conversion_is_named_with_the_way_out() -> None:
    table = numbers()
    model = make_pipeline(FunctionTransformer(np.log1p), ElasticNet()).fit(table, quality())
    with pytest.raises(InvalidParameter, match=r"FunctionTransformer is not supported.*without onnx=True"):
        graph(model, table)


def test_a_method_without_a_graph_is_refused() -> None:
    table = numbers()
    model = LogisticRegression(max_iter=500).fit(table, good())
    with pytest.raises(InvalidParameter, match="no graph for the method 'predict_log_proba'"):
        graph(model, table, method="predict_log_proba")
    with pytest.raises(InvalidParameter, match="no output for the method 'predict_proba'"):
        graph(ElasticNet().fit(table, quality()), table, method="predict_proba")


def test_the_graph_says_nothing_of_the_machine() -> None:
    table = numbers()
    found = next(graphs(ElasticNet().fit(table, quality()), flavor="sklearn", schema=infer_signature(table).inputs))
    assert not found.proto.metadata_props and not found.proto.doc_string
    assert found.exporter.startswith("skl2onnx ")
