"""Writing and reading pickles."""

from __future__ import annotations

import bz2
import gzip
import lzma
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.pickles import read_pickle, write_pickle


def test_a_function_of_nowhere_comes_back(tmp_path: Path) -> None:
    write_pickle(lambda number: number + 1, tmp_path / "f.pkl")
    assert read_pickle(tmp_path / "f.pkl")(1) == 2


@pytest.mark.parametrize(
    ("name", "compress"), [("bzip2", bz2.compress), ("gzip", gzip.compress), ("lzma", lzma.compress)]
)
def test_what_mlflow_compresses_is_read(name: str, compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    write_pickle({"a": 1}, tmp_path / "plain")
    (tmp_path / "small").write_bytes(compress((tmp_path / "plain").read_bytes()))
    assert read_pickle(tmp_path / "small", name) == {"a": 1}


def test_an_unknown_compression_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"'zip' is no compression of pickles\. Known: bzip2"):
        read_pickle(tmp_path / "x", "zip")


def test_what_cannot_be_pickled_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"_thread.lock cannot be pickled"):
        write_pickle(threading.Lock(), tmp_path / "x")
