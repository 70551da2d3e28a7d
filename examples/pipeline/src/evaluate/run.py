"""Judge the model by data it has not seen."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import modelyard
import pandas as pd
from matplotlib.figure import Figure
from sklearn import metrics

sys.path.append(str(Path(__file__).resolve().parents[1]))  # src, where _utils is
from _utils.artifacts import fetch, read_table


def go(args: argparse.Namespace) -> None:
    """Log how well the model predicts; fail when that is not well enough."""
    with modelyard.start_run():
        model = modelyard.sklearn.load_model(fetch(args.model_artifact))
        table = read_table(args.test_artifact)
        truth = table[args.target]
        predicted = model.predict(table.drop(columns=args.target))
        if args.task == "regression":
            score, found, figure = regression(truth, predicted)
        else:
            score, found, figure = classification(truth, predicted)
        modelyard.log_metrics(found)
        modelyard.log_figure(figure, "predictions.png")
    if score < args.min_score:
        sys.exit(f"The model's score is {score:.3g}, below modeling.min_score, {args.min_score}.")


def classification(truth: pd.Series, predicted: pd.Series) -> tuple[float, dict[str, float], Figure]:
    """Scores of classes, and which are taken for which."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    metrics.ConfusionMatrixDisplay.from_predictions(truth, predicted, ax=figure.subplots(), colorbar=False)
    accuracy = metrics.accuracy_score(truth, predicted)
    return accuracy, {"accuracy": accuracy, "f1_macro": metrics.f1_score(truth, predicted, average="macro")}, figure


def regression(truth: pd.Series, predicted: pd.Series) -> tuple[float, dict[str, float], Figure]:
    """Scores of numbers, and predictions over what is true."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    metrics.PredictionErrorDisplay.from_predictions(truth, predicted, ax=figure.subplots(), kind="actual_vs_predicted")
    r2 = metrics.r2_score(truth, predicted)
    errors = {
        "mae": metrics.mean_absolute_error(truth, predicted),
        "rmse": metrics.root_mean_squared_error(truth, predicted),
    }
    return r2, {"r2": r2, **errors}, figure


def parse() -> argparse.Namespace:
    """The parameters, as MLproject hands them over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model_artifact", required=True, help="the model")
    parser.add_argument("--test_artifact", required=True, help="the data to test with")
    parser.add_argument("--target", default="target", help="the column to predict")
    parser.add_argument("--task", default="classification", help="classification or regression")
    parser.add_argument("--min_score", type=float, default=0.5, help="the score below which the model is no good")
    return parser.parse_args()


if __name__ == "__main__":
    go(parse())
