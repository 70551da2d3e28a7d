"""Train a random forest on numbers, and on the words of a text column where there is one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import modelyard
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline

sys.path.append(str(Path(__file__).resolve().parents[1]))  # src, where _utils is
from _utils.artifacts import publish, read_table


def go(args: argparse.Namespace) -> None:
    """Train, say how well it does on rows it has not seen, and make the model an artifact."""
    with modelyard.start_run():
        table = read_table(args.train_artifact)
        columns, target = table.drop(columns=args.target), table[args.target]
        model = make(args, columns)
        modelyard.log_metric("cv_score", cross_val_score(model, columns, target, cv=3).mean())
        model.fit(columns, target)
        modelyard.log_dict(importance(model), "importance.json")

        def save(path: Path) -> None:  # for the steps that follow; what is registered says and proves more
            modelyard.sklearn.save_model(model, path, pip_requirements=["scikit-learn"], verify=False)

        publish(save, args.model_artifact, kind="model", description="The random forest")


def make(args: argparse.Namespace, columns: pd.DataFrame) -> Pipeline:
    """The model, not trained yet."""
    numbers = list(columns.select_dtypes("number").columns)
    inputs = [("numbers", "passthrough", numbers)]
    if args.text_column:
        if args.text_column not in columns:
            sys.exit(f"There is no column {args.text_column!r}: modeling.text_column names one, or is empty.")
        inputs.append(("words", TfidfVectorizer(max_features=args.max_tfidf_features), args.text_column))
    forest = RandomForestRegressor if args.task == "regression" else RandomForestClassifier
    trees = forest(
        n_estimators=args.n_estimators,
        max_depth=args.max_depth or None,
        max_features=args.max_features,
        min_samples_leaf=args.min_samples_leaf,
        random_state=args.random_seed,
    )
    return Pipeline([("inputs", ColumnTransformer(inputs)), ("forest", trees)])


def importance(model: Pipeline) -> dict[str, float]:
    """What the forest looks at, most important first."""
    names = [name.partition("__")[2] for name in model.named_steps["inputs"].get_feature_names_out()]
    found = pd.Series(model.named_steps["forest"].feature_importances_, index=names)
    return found.sort_values(ascending=False).to_dict()


def some(text: str) -> int | float | str:
    """How many columns: a number, a share, or a word."""
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError:
        return text


def parse() -> argparse.Namespace:
    """The parameters, as MLproject hands them over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train_artifact", required=True, help="the data to train with")
    parser.add_argument("--target", default="target", help="the column to predict")
    parser.add_argument("--task", default="classification", help="classification or regression")
    parser.add_argument("--text_column", default="", help="a column of words")
    parser.add_argument("--max_tfidf_features", type=int, default=20, help="how many words count")
    parser.add_argument("--n_estimators", type=int, default=100, help="how many trees")
    parser.add_argument("--max_depth", type=int, default=0, help="how deep a tree is; 0 for as deep as it gets")
    parser.add_argument("--max_features", type=some, default="sqrt", help="columns a split looks at")
    parser.add_argument("--min_samples_leaf", type=int, default=1, help="rows a leaf has at least")
    parser.add_argument("--random_seed", type=int, default=42, help="what trees are drawn by")
    parser.add_argument("--model_artifact", default="random_forest", help="name of the artifact to make")
    return parser.parse_args()


if __name__ == "__main__":
    go(parse())
