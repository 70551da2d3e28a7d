"""Log the model, register it, and let an alias name the new version."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import modelyard

sys.path.append(str(Path(__file__).resolve().parents[1]))  # src, where _utils is
from _utils.artifacts import fetch, read_table


def go(args: argparse.Namespace) -> None:
    """Make the model a version of a registered model."""
    with modelyard.start_run():
        model = modelyard.sklearn.load_model(fetch(args.model_artifact))
        example = read_table(args.test_artifact).drop(columns=args.target).head(5)
        logged = modelyard.sklearn.log_model(
            model, name="model", input_example=example, registered_model_name=args.registered_model
        )
        version = str(logged.registered_model_version)
        modelyard.MlflowClient().set_registered_model_alias(args.registered_model, args.alias, version)
        modelyard.set_tag("registered", f"models:/{args.registered_model}/{version}")
        print(f"models:/{args.registered_model}@{args.alias} is version {version}.")


def parse() -> argparse.Namespace:
    """The parameters, as MLproject hands them over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model_artifact", required=True, help="the model")
    parser.add_argument("--test_artifact", required=True, help="data, of which a few rows are an example")
    parser.add_argument("--target", default="target", help="the column to predict")
    parser.add_argument("--registered_model", required=True, help="the name to register it under")
    parser.add_argument("--alias", default="champion", help="the alias of the new version")
    return parser.parse_args()


if __name__ == "__main__":
    go(parse())
