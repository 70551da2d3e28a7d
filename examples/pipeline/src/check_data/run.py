"""Compare the data with data known to be good; what is wrong with a column ends the pipeline."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import modelyard
import pandas as pd
from scipy.stats import ks_2samp

sys.path.append(str(Path(__file__).resolve().parents[1]))  # src, where _utils is
from _utils.artifacts import read_table
from _utils.data import clean, load


def go(args: argparse.Namespace) -> None:
    """Check columns, bounds and distributions; fail with all that is wrong."""
    with modelyard.start_run():
        table = read_table(args.input_artifact)
        wrong = out_of_range(table, json.loads(args.ranges))
        p_values: dict[str, float] = {}
        if args.reference:
            reference = known_good(args.reference, args.target)
            wrong += of_another_kind(table, reference)
            p_values = similarity(table, reference, leave_out=args.target)
            wrong += drifted(p_values, args.ks_alpha)
        modelyard.log_metrics({f"ks_p_{name}": value for name, value in p_values.items()})
        modelyard.log_metric("problems", len(wrong))
        modelyard.log_dict({"problems": wrong, "ks_p": p_values}, "checks.json")
    if wrong:
        sys.exit("The data are not as they should be: " + "; ".join(wrong) + ".")


def known_good(source: str, target: str) -> pd.DataFrame:
    """The reference: an artifact, or a source that is cleaned as the data were."""
    if ":" in source and "://" not in source:
        return read_table(source)
    return clean(load(source), target)


def of_another_kind(table: pd.DataFrame, reference: pd.DataFrame) -> list[str]:
    """Columns that are missing, new, or hold something else."""
    wrong = [f"column {name!r} is missing" for name in reference.columns if name not in table.columns]
    wrong += [f"column {name!r} is not in the reference" for name in table.columns if name not in reference.columns]
    for name in table.columns.intersection(reference.columns):
        here, there = (pd.api.types.is_numeric_dtype(each[name]) for each in (table, reference))
        if here != there:
            wrong.append(
                f"column {name!r} holds {'numbers' if here else 'texts'}, not {'numbers' if there else 'texts'}"
            )
    return wrong


def out_of_range(table: pd.DataFrame, ranges: dict[str, tuple[float, float]]) -> list[str]:
    """Columns with values out of their bounds."""
    wrong = [f"column {name!r} has bounds and is missing" for name in ranges if name not in table.columns]
    for name, (low, high) in ranges.items():
        outside = ~table[name].between(low, high) if name in table.columns else pd.Series(dtype=bool)
        if outside.any():
            wrong.append(f"column {name!r} has {int(outside.sum())} values outside of {low} to {high}")
    return wrong


def similarity(table: pd.DataFrame, reference: pd.DataFrame, *, leave_out: str) -> dict[str, float]:
    """How likely each column of numbers is drawn like the reference's: p-values of Kolmogorov and Smirnov's test."""
    numbers = table.select_dtypes("number").columns.intersection(reference.select_dtypes("number").columns)
    return {name: float(ks_2samp(table[name], reference[name]).pvalue) for name in numbers if name != leave_out}


def drifted(p_values: dict[str, float], alpha: float) -> list[str]:
    """Columns that have drifted. Of many, each is asked for more: alpha is the chance of one false alarm in all."""
    each = 1 - (1 - alpha) ** (1 / max(len(p_values), 1))
    return [f"column {name!r} has drifted (p = {p:.2g}, below {each:.2g})" for name, p in p_values.items() if p < each]


def parse() -> argparse.Namespace:
    """The parameters, as MLproject hands them over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input_artifact", required=True, help="the data to check")
    parser.add_argument("--reference", default="", help="data known to be good")
    parser.add_argument("--target", default="target", help="the column to predict")
    parser.add_argument("--ks_alpha", type=float, default=0.05, help="the chance of a false alarm")
    parser.add_argument("--ranges", default="{}", help="bounds of columns, as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    go(parse())
