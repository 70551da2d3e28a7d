"""The page of requests to a served model: each curl runs against one, and answers what the page says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.environment import clean_environment
from tests.docs.pages import FENCE, ROOT
from tests.support.servers import started

PAGE = ROOT / "docs" / "reference" / "requests.md"
WRITTEN = "http://127.0.0.1:5002"
TRAIN = """
import sys
import pandas as pd
from sklearn.tree import DecisionTreeRegressor
from modelyard import sklearn
data = pd.DataFrame({"acidity": [7.4, 7.8, 11.2, 6.0], "sugar": [1.9, 2.6, 1.9, 6.1], "alcohol": [9.4, 9.8, 9.8, 12.0]})
model = DecisionTreeRegressor(random_state=0).fit(data, [5.0, 5.0, 6.0, 7.0])
sklearn.save_model(model, sys.argv[1], input_example=data.head(1), verify=False)
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the model the page asks."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    folder = tmp_path_factory.mktemp("served")
    environment = clean_environment(MODELYARD_HOME=str(folder / "home"))
    subprocess.run([sys.executable, "-c", TRAIN, str(folder / "wine")], env=environment, check=True, timeout=120)
    with started([sys.executable, "-m", "modelyard", "models", "serve", "-m", "wine"], folder, environment) as found:
        yield found


def run(script: str, address: str, folder: Path) -> list[str]:
    """The lines a script prints."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace(WRITTEN, address)],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()


def test_each_request_is_answered_as_the_page_says(address: str, tmp_path: Path) -> None:
    found = list(FENCE.finditer(PAGE.read_text(encoding="utf-8")))
    pairs = [(asked["text"], told["text"]) for asked, told in pairwise(found) if told["language"] == "json"]
    assert len(pairs) == 3
    for asked, told in pairs:
        assert [json.loads(line) for line in run(asked, address, tmp_path)] == [json.loads(told)]


def test_all_that_ask_the_same_are_told_the_same(address: str, tmp_path: Path) -> None:
    script = next(
        block["text"] for block in FENCE.finditer(PAGE.read_text(encoding="utf-8")) if "ask()" in block["text"]
    )
    assert run(script, address, tmp_path) == ['{"predictions":[5.0]}'] * script.count("\nask ")
