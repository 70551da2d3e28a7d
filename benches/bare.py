"""The least that scoring a file with a linear model can be: Arrow reads, numpy multiplies, Arrow writes."""

from __future__ import annotations

import sys

import numpy as np
import pyarrow as pa
from pyarrow import csv


def main(source: str, target: str) -> None:
    """Read all, add the predictions as a column, write all."""
    table = csv.read_csv(source)
    rows = np.column_stack([column.to_numpy() for column in table.columns])
    predictions = rows @ np.linspace(0.1, 1, table.num_columns) + 1.0
    csv.write_csv(table.append_column("prediction", pa.array(predictions)), target)


if __name__ == "__main__":
    main(*sys.argv[1:])
