"""Small tables that models are trained on: numbers, mixed columns, categories."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

ROWS = 80


def numbers() -> pd.DataFrame:
    """Three columns of numbers whose order matters."""
    random = np.random.default_rng(7)
    return pd.DataFrame(
        {
            "acid": random.uniform(0, 1, ROWS),
            "sugar": random.uniform(10, 90, ROWS),
            "ph level": random.uniform(2, 4, ROWS),
        }
    )


def quality(frame: pd.DataFrame | None = None) -> Any:
    """A number for each row of ``numbers``."""
    frame = numbers() if frame is None else frame
    return (5 * frame["acid"] - 0.1 * frame["sugar"] + frame["ph level"]).to_numpy()


def good() -> Any:
    """A class for each row of ``numbers``: 0 or 1."""
    values = quality()
    return (values > np.median(values)).astype("int64")


def grades() -> Any:
    """A class for each row of ``numbers``, of three, as text."""
    return np.array(["bad", "fair", "good"])[np.searchsorted(np.quantile(quality(), [0.33, 0.66]), quality())]


def mixed() -> pd.DataFrame:
    """Numbers and texts."""
    frame = numbers()
    frame["colour"] = [("red", "white", "rosé")[row % 3] for row in range(ROWS)]
    return frame


def categorical() -> pd.DataFrame:
    """Numbers, and categories of texts and of whole numbers."""
    frame = mixed()
    frame["colour"] = pd.Categorical(frame["colour"], categories=["white", "rosé", "red"])
    frame["year"] = pd.Categorical([2001 + row % 4 for row in range(ROWS)])
    return frame


def graded() -> Any:
    """A number for each row of ``categorical``, that depends on its categories."""
    frame = categorical()
    return quality() + 10 * frame["colour"].cat.codes.to_numpy() + 3 * frame["year"].cat.codes.to_numpy()


def in_ascii() -> pd.DataFrame:
    """``categorical`` with names of categories that XGBoost keeps whole."""
    frame = categorical()
    return frame.assign(colour=frame["colour"].cat.rename_categories({"rosé": "rose"}))
