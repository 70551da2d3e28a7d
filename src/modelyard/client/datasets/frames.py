"""Datasets of pandas data frames."""

from __future__ import annotations

from typing import Any

from modelyard.client.datasets.dataset import Dataset
from modelyard.client.datasets.digest import digest_of_frame
from modelyard.client.datasets.schema import columns_of
from modelyard.client.datasets.source import DatasetSource, resolve_source
from modelyard.core.errors import InvalidParameter


class PandasDataset(Dataset):
    """A pandas data frame."""

    def __init__(
        self,
        df: Any,
        source: DatasetSource,
        targets: str | None = None,
        name: str | None = None,
        digest: str | None = None,
        predictions: str | None = None,
    ) -> None:
        for what, column in (("targets", targets), ("predictions", predictions)):
            if column is not None and column not in df.columns:
                raise InvalidParameter(f"The data frame has no column {column!r} for the {what}.")
        self._df = df
        self._targets = targets
        self._predictions = predictions
        super().__init__(source, name, digest)

    def _compute_digest(self) -> str:
        return digest_of_frame(self._df)

    @property
    def df(self) -> Any:
        """The data frame."""
        return self._df

    @property
    def targets(self) -> str | None:
        """The column that is to be predicted."""
        return self._targets

    @property
    def predictions(self) -> str | None:
        """The column of predictions."""
        return self._predictions

    @property
    def profile(self) -> dict[str, Any]:
        """Rows and cells."""
        return {"num_rows": len(self._df), "num_elements": int(self._df.size)}

    @property
    def schema(self) -> Any:
        """The columns and their types."""
        columns = columns_of(self._df)
        return None if columns is None else {"mlflow_colspec": columns}


def from_pandas(
    df: Any,
    source: Any = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> PandasDataset:
    """A dataset of a pandas data frame. ``source`` is a path or an address; without it, it is this program."""
    return PandasDataset(df, resolve_source(source), targets, name, digest, predictions)
