"""The flavor contract over pipelines of transformers, with small models that nobody trained."""

from __future__ import annotations

import functools
import socket
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import InvalidParameter, NotSupported
from modelyard.models.flavors.transformers import TransformersFlavor
from modelyard.models.load import load_native, load_pyfunc
from modelyard.models.mlmodel import Model
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from modelyard.testing.flavors import FlavorCase, FlavorContract
from tests.support.frameworks import imported
from tests.support.pipelines import pipeline, tokenizer

imported("torch")
transformers = imported("transformers")

UNVERIFIED = SaveOptions(verify=False)
SHORT = {"max_new_tokens": 4, "do_sample": False}


def texts() -> list[str]:
    return ["the cat sat on a mat", "the film was very bad"]


def table() -> pd.DataFrame:
    return pd.DataFrame({"text": texts()})


def masked() -> list[str]:
    return ["the [MASK] sat on a mat", "the film was [MASK]"]


def labels(made: Any, data: Any) -> Any:
    return pd.DataFrame(made(list(data["text"]) if isinstance(data, pd.DataFrame) else data))


def fillings(made: Any, data: Any) -> Any:
    return [found[0]["token_str"] for found in made(data)]


def generated(made: Any, data: Any) -> Any:
    return [found[0]["generated_text"].strip() for found in made(data, **SHORT)]


def features(made: Any, data: Any) -> Any:
    return np.array(made(data)[0][0])


class TestTransformers(FlavorContract):
    flavor = "transformers"
    cases = (
        FlavorCase(
            name="classification",
            make=functools.partial(pipeline, "text-classification"),
            data=table,
            predict=labels,
            is_data=True,
        ),
        FlavorCase(
            name="generation",
            make=functools.partial(pipeline, "text-generation"),
            data=texts,
            predict=generated,
            options={"model_config": SHORT},
            is_data=True,
        ),
    )


@pytest.mark.parametrize(
    ("task", "data", "expected"), [("fill-mask", masked, fillings), ("feature-extraction", texts, features)]
)
def test_other_tasks_predict_what_the_pipeline_says(task: str, data: Any, expected: Any, tmp_path: Path) -> None:
    save_model(pipeline(task), tmp_path / "m", flavor=TransformersFlavor(), options=UNVERIFIED)
    assert np.array_equal(load_pyfunc(tmp_path / "m").predict(data()), expected(pipeline(task), data()))


def test_the_folder_holds_safetensors_and_names_its_parts(tmp_path: Path) -> None:
    save_model(pipeline("fill-mask"), tmp_path / "m", flavor=TransformersFlavor(), options=UNVERIFIED)
    assert (tmp_path / "m" / "model" / "model.safetensors").is_file()
    entry = Model.load(tmp_path / "m").flavors["transformers"]
    assert (entry["task"], entry["components"], entry["model_binary"]) == ("fill-mask", ["tokenizer"], "model")
    assert entry["pipeline_model_type"] == "BertForMaskedLM"
    required = (tmp_path / "m" / "requirements.txt").read_text().splitlines()
    assert {f"torch=={version('torch').partition('+')[0]}", f"transformers=={version('transformers')}"} <= set(required)


def test_a_dict_of_parts_is_a_pipeline(tmp_path: Path) -> None:
    parts = {"model": pipeline("fill-mask").model, "tokenizer": tokenizer()}
    with pytest.raises(InvalidParameter, match="give task"):
        save_model(parts, tmp_path / "m", flavor=TransformersFlavor(), options=UNVERIFIED)
    save_model(parts, tmp_path / "m", flavor=TransformersFlavor(task="fill-mask"), options=UNVERIFIED)
    assert load_pyfunc(tmp_path / "m").predict(masked()) == fillings(pipeline("fill-mask"), masked())


def test_one_text_is_answered_as_a_list_of_one(tmp_path: Path) -> None:
    flavor = TransformersFlavor(model_config=SHORT)
    save_model(pipeline("text-generation"), tmp_path / "m", flavor=flavor, options=UNVERIFIED)
    loaded = load_pyfunc(tmp_path / "m")
    assert loaded.predict(texts()[0]) == generated(pipeline("text-generation"), texts()[:1])
    assert loaded.predict(texts()[0], {"return_full_text": False})[0] in loaded.predict(texts()[0])[0]


def test_pairs_of_texts_are_classified(tmp_path: Path) -> None:
    save_model(pipeline("text-classification"), tmp_path / "m", flavor=TransformersFlavor(), options=UNVERIFIED)
    pairs = [{"text": "the cat", "text_pair": "the dog"}, {"text": "a film", "text_pair": "a mat"}]
    expected = pd.DataFrame(pipeline("text-classification")(pairs))
    pd.testing.assert_frame_equal(load_pyfunc(tmp_path / "m").predict(pairs), expected)


def test_tokens_are_classified_as_one_text_an_input(tmp_path: Path) -> None:
    save_model(pipeline("token-classification"), tmp_path / "m", flavor=TransformersFlavor(), options=UNVERIFIED)
    made = pipeline("token-classification")
    expected = [",".join(each["entity"] for each in row) for row in made(texts())]
    assert load_pyfunc(tmp_path / "m").predict(texts()) == expected


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    save_model(pipeline("fill-mask"), tmp_path / "m", flavor=TransformersFlavor(), options=UNVERIFIED)
    for strange in ([1, 2], pd.DataFrame({"n": [1.0]}), []):
        with pytest.raises(InvalidParameter, match="takes a text"):
            load_pyfunc(tmp_path / "m").predict(strange)


def test_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_model(pipeline("fill-mask"), tmp_path / "m", flavor=TransformersFlavor(), options=UNVERIFIED)
    called: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **_: called.append(given))
    load_native(tmp_path / "m", flavor="transformers")
    assert not called


def test_a_template_has_one_place_for_the_prompt(tmp_path: Path) -> None:
    options = SaveOptions(verify=False, metadata={"prompt_template": "the {prompt.__class__} {prompt}"})
    save_model(pipeline("fill-mask"), tmp_path / "m", flavor=TransformersFlavor(), options=options)
    with pytest.raises(InvalidParameter, match="in one place"):
        load_native(tmp_path / "m", flavor="transformers")


def test_requests_of_another_kind_are_not_answered(tmp_path: Path) -> None:
    entry = TransformersFlavor().save(pipeline("text-generation"), tmp_path)["transformers"]
    with pytest.raises(NotSupported, match="llm/v1/chat"):
        TransformersFlavor().predictor(pipeline("text-generation"), {**entry, "inference_task": "llm/v1/chat"})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pipeline_model_type": "os"}, "no class 'os'"),
        ({"tokenizer_type": "NoSuchTokenizer"}, "no class 'NoSuchTokenizer'"),
        ({"model_binary": "elsewhere"}, "weights are not in its folder"),
        ({"components": ["model"]}, "no part of a pipeline"),
    ],
)
def test_an_entry_that_names_something_else_is_refused(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    TransformersFlavor().save(pipeline("fill-mask"), tmp_path)
    entry = TransformersFlavor().save(pipeline("fill-mask"), tmp_path)["transformers"]
    with pytest.raises((InvalidParameter, NotSupported), match=words):
        TransformersFlavor().load(tmp_path, {**entry, **change})
