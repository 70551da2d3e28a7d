"""Pipelines of transformers with small models nobody trained: nothing is downloaded."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

from tests.support.frameworks import imported

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] the cat dog sat ran on a mat film was good bad very not .".split()


@functools.cache
def tokenizer() -> Any:
    """A tokenizer of a vocabulary file."""
    transformers = imported("transformers")
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "vocab.txt"
        file.write_text("".join(f"{word}\n" for word in WORDS), encoding="utf-8")
        return transformers.BertTokenizer(vocab=str(file))


@functools.cache
def pipeline(task: str) -> Any:
    """A pipeline for one of the tasks that text has."""
    transformers = imported("transformers")
    transformers.set_seed(1)
    make = {
        "text-classification": transformers.BertForSequenceClassification,
        "token-classification": transformers.BertForTokenClassification,
        "fill-mask": transformers.BertForMaskedLM,
        "feature-extraction": transformers.BertModel,
        "text-generation": transformers.GPT2LMHeadModel,
    }[task]
    return transformers.pipeline(
        task, model=make(_config(transformers, task)).eval(), tokenizer=tokenizer(), device="cpu"
    )


def _config(transformers: Any, task: str) -> Any:
    if task == "text-generation":
        ends = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
        return transformers.GPT2Config(vocab_size=len(WORDS), n_embd=8, n_layer=1, n_head=2, n_positions=64, **ends)
    return transformers.BertConfig(
        vocab_size=len(WORDS), hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
