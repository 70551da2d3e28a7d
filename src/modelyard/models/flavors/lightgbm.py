"""LightGBM boosters, and its estimators with scikit-learn's methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded, require
from modelyard.models.columns import as_frame, by_name
from modelyard.models.flavor import Predictor
from modelyard.models.libraries import kind_of, pandas
from modelyard.models.pickles import read_pickle, write_pickle
from modelyard.models.skops_files import skops_io
from modelyard.models.trust.skops_types import outside, types_in

BOOSTER = "lightgbm.basic.Booster"
BOOSTER_FILE = "model.lgb"
SKOPS_FILE = "model.skops"
PICKLE_FILE = "model.pkl"
TYPES = frozenset(
    {
        "collections.OrderedDict",
        BOOSTER,
        "lightgbm.sklearn.LGBMClassifier",
        "lightgbm.sklearn.LGBMModel",
        "lightgbm.sklearn.LGBMRanker",
        "lightgbm.sklearn.LGBMRegressor",
    }
)
"""What skops finds in LightGBM's own estimators. A booster's state is its text."""

_FORMATS = ("skops", "cloudpickle", "pickle")
_WHAT = "A LightGBM model"


class LightgbmFlavor(msgspec.Struct, frozen=True):
    """Boosters as LightGBM's text; estimators as skops, and as cloudpickle when they hold code of their own.

    ``serialization_format`` insists on a format for estimators. Predicting is safe from several threads: LightGBM
    reads a booster under a shared lock.
    """

    name: ClassVar[str] = "lightgbm"
    serialization_format: Literal["skops", "cloudpickle", "pickle"] | None = None

    def handles(self, obj: Any) -> bool:
        """Whether ``obj`` is a booster or one of LightGBM's estimators."""
        basic, sklearn = loaded("lightgbm.basic"), loaded("lightgbm.sklearn")
        return (basic is not None and isinstance(obj, basic.Booster)) or (
            sklearn is not None and isinstance(obj, sklearn.LGBMModel)
        )

    def save(self, obj: Any, folder: Path) -> dict[str, dict[str, Any]]:
        """Write the model; answers the entries of MLmodel."""
        lightgbm = require("lightgbm", what=_WHAT, extra="lightgbm")
        entry: dict[str, Any] = {"lgb_version": lightgbm.__version__}
        if isinstance(obj, lightgbm.Booster):
            obj.save_model(folder / BOOSTER_FILE)
            entry |= {"data": BOOSTER_FILE, "model_class": BOOSTER}
        else:
            entry |= self._write(obj, folder)
            entry["model_class"] = f"{type(obj).__module__}.{type(obj).__qualname__}"
        return {self.name: entry, "python_function": {"loader_module": "mlflow.lightgbm", "data": entry["data"]}}

    def load(self, folder: Path, config: Mapping[str, Any]) -> Any:
        """A booster or estimator. The types in a skops file were judged when the folder was admitted."""
        file = folder / str(config["data"])
        if config.get("model_class", BOOSTER) == BOOSTER:
            return require("lightgbm", what=_WHAT, extra="lightgbm").Booster(model_file=file)
        if config.get("serialization_format") != "skops":
            return read_pickle(file)
        return skops_io().load(file, trusted=types_in(file))

    def predictor(self, obj: Any, config: Mapping[str, Any]) -> Predictor:
        """``predict`` with the columns in the model's order; params are its keywords, such as ``raw_score``."""
        lightgbm = require("lightgbm", what=_WHAT, extra="lightgbm")
        booster = obj if isinstance(obj, lightgbm.Booster) else obj.booster_

        def predict(data: Any, params: Mapping[str, Any] | None = None) -> Any:
            return obj.predict(_as_trained(booster, data), **(params or {}))

        return predict

    def _write(self, obj: Any, folder: Path) -> dict[str, Any]:
        wanted = self.serialization_format
        if wanted is not None and wanted not in _FORMATS:
            raise InvalidParameter(f"{wanted!r} is no format for LightGBM. Known: {', '.join(_FORMATS)}.")
        if wanted in (None, "skops"):
            types = _as_skops(obj, folder / SKOPS_FILE, insist=wanted == "skops")
            if types is not None:
                return {"data": SKOPS_FILE, "serialization_format": "skops", "skops_trusted_types": types}
        write_pickle(obj, folder / PICKLE_FILE)
        return {"data": PICKLE_FILE, "serialization_format": wanted or "cloudpickle"}


def _as_skops(obj: Any, file: Path, *, insist: bool) -> list[str] | None:
    """The types of the skops file that was written; None, and no file, where it would need more than LightGBM's."""
    skops = skops_io()
    try:
        skops.dump(obj, file)
    except Exception as error:
        file.unlink(missing_ok=True)
        if insist:
            raise InvalidParameter(
                f"skops cannot hold this {type(obj).__qualname__} ({error}); save it with"
                " serialization_format='cloudpickle'."
            ) from error
        return None
    if not insist and not TYPES.issuperset(outside(file)):
        file.unlink()
        return None
    return types_in(file)


def _as_trained(booster: Any, data: Any) -> Any:
    """LightGBM itself goes by place; here names decide, and texts become the categories it was trained on."""
    names = booster.feature_name()
    if names == [f"Column_{place}" for place in range(len(names))]:
        names = []
    table = as_frame(data)
    if kind_of(table) == "python":
        return require("numpy", what=_WHAT, extra="models").asarray(table)
    if kind_of(table) != "pandas":
        return table
    spelled = {_spelled(name): name for name in table.columns if isinstance(name, str)}
    return _with_categories(booster, by_name(table, [spelled.get(name, name) for name in names]))


def _spelled(name: str) -> str:
    """A column's name as LightGBM writes it."""
    return name.replace(" ", "_")


def _with_categories(booster: Any, table: Any) -> Any:
    kept: Sequence[Any] = booster.pandas_categorical or []
    if not kept or sum(str(dtype) == "category" for dtype in table.dtypes) == len(kept):
        return table
    places = booster.params.get("categorical_column") or booster.params.get("categorical_feature") or []
    columns = [table.columns[place] for place in places if isinstance(place, int)]
    if len(columns) != len(kept):
        columns = [name for name in table.columns if not _is_number(table[name].dtype)]
    if len(columns) != len(kept):
        raise InvalidParameter(
            f"The model was trained on {len(kept)} categorical columns; the data has {len(columns)} that can be."
            " Give them as pandas categoricals."
        )
    given = zip(columns, kept, strict=True)
    return table.assign(**{name: _categorical(table[name], categories) for name, categories in given})


def _categorical(values: Any, categories: Sequence[Any]) -> Any:
    """Values as the categories of the training; others are missing, as LightGBM has it."""
    library = pandas()
    return library.Categorical.from_codes(library.Index(categories).get_indexer(values), categories=categories)


def _is_number(dtype: Any) -> bool:
    return getattr(dtype, "kind", "O") in "iufb"
