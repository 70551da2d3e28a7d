"""Asks a scoring server for the same prediction in every form it understands. Standard library only.

    python ask.py http://127.0.0.1:5001

It prints a line for each form.
"""

from __future__ import annotations

import json
import sys
from urllib.request import Request, urlopen

COLUMNS = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
ROW = [0.038, 0.051, 0.062, 0.022, -0.044, -0.035, -0.043, -0.003, 0.020, -0.018]


def forms() -> dict[str, tuple[str, str]]:
    """Name → content type and body."""
    split = {"columns": COLUMNS, "data": [ROW]}
    records = [dict(zip(COLUMNS, ROW, strict=True))]
    return {
        "rows": ("application/json", json.dumps({"inputs": [ROW]})),
        "rows, as TensorFlow Serving has them": ("application/json", json.dumps({"instances": [ROW]})),
        "a table in parts": ("application/json", json.dumps({"dataframe_split": split})),
        "a table by rows": ("application/json", json.dumps({"dataframe_records": records})),
        "CSV, whose first line names the columns": (
            "text/csv",
            f"{','.join(COLUMNS)}\n{','.join(map(str, ROW))}\n",
        ),
    }


def ask(address: str, kind: str, body: str) -> list[float]:
    """The predictions for a body."""
    request = Request(f"{address}/invocations", data=body.encode(), headers={"Content-Type": kind})
    with urlopen(request, timeout=60) as answer:
        return json.load(answer)["predictions"]


def main(address: str) -> None:
    """Ask in each form."""
    for name, (kind, body) in forms().items():
        print(f"{name:<40} {ask(address, kind, body)[0]:.3f}")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:5001")
