"""Texts to classes: weighted words (TF-IDF), and the nearest texts among those trained with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from modelyard.core.extras import require
from modelyard.models import catalog
from modelyard.training.data import TEXT, Split
from modelyard.training.result import Task
from modelyard.training.trainers.checks import Param, checked, whole
from modelyard.training.trainers.contract import Fitted, Watch
from modelyard.training.trainers.sklearn import fit

PARAMS: Mapping[str, Param] = {
    "n_neighbors": whole(1, 10_000, 5),
    "max_features": whole(1, 1_000_000, 50_000),
    "ngrams": whole(1, 5, 1),
}


class TextTrainer(msgspec.Struct, frozen=True):
    """A pipeline of a TF-IDF vectorizer and a k-nearest-neighbours classifier.

    ``n_neighbors`` is how many texts decide, ``max_features`` how many different words count, ``ngrams`` how many words
    in a row are counted as one at most.
    """

    name: str = "TextClassifier"
    framework: str = "sklearn"
    task: Task = "classification"
    takes: str = TEXT

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse params that are not in the table above."""
        checked(self.name, PARAMS, params)

    def fit(self, split: Split, params: Mapping[str, Any], *, seed: int, watch: Watch) -> Fitted:
        """Fit the pipeline."""
        found = checked(self.name, PARAMS, params)
        found["n_neighbors"] = min(found["n_neighbors"], len(split.train_y))
        text = require("sklearn.feature_extraction.text", what="Training", extra="sklearn")
        neighbors = require("sklearn.neighbors", what="Training", extra="sklearn")
        model = require("sklearn.pipeline", what="Training", extra="sklearn").make_pipeline(
            text.TfidfVectorizer(
                stop_words=None, max_features=found["max_features"], ngram_range=(1, found["ngrams"]), sublinear_tf=True
            ),
            neighbors.KNeighborsClassifier(n_neighbors=found["n_neighbors"], metric="cosine", weights="distance"),
        )
        column = split.features[0].name
        fit(model, msgspec.structs.replace(split, train_x=split.train_x[column]), self.name)
        return Fitted(
            obj=model,
            flavor=catalog.flavor("sklearn"),
            predict=lambda frame: model.predict(frame[column]),
            params=found,
        )


TRAINERS = (TextTrainer(),)
