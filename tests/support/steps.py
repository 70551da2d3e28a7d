"""Pipelines of small steps, written into a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

WRITES = """
from pathlib import Path

def write(path, *lines):
    Path(path).write_text("".join(f"{line}\\n" for line in lines))
"""

FILES: Mapping[str, str] = {
    "config.yaml": "data: {rows: 6, file: source.csv}\nmodel: {depth: 3, name: forest}\nrandom_seed: 42\n",
    "source.csv": "a\nb\n",
    "src/_utils/__init__.py": "",
    "src/_utils/files.py": WRITES,
    "src/_utils/unused.py": "# nobody imports this\n",
    "src/download/MLproject": """
        name: download
        entry_points:
          main:
            parameters: {file: path, rows: int, raw: string}
            command: "python run.py {file} {rows} {raw}"
        """,
    "src/download/run.py": """
        import sys
        from _utils.files import write
        file, rows, raw = sys.argv[1:]
        write(raw, *(open(file).read().split() * int(rows)))
        """,
    "src/clean/MLproject": """
        name: clean
        entry_points:
          main:
            parameters: {raw: path, clean: string}
            command: "python -m tidy --raw {raw} --clean {clean}"
        """,
    "src/clean/tidy/__init__.py": "",
    "src/clean/tidy/__main__.py": """
        import argparse
        from .work import tidied

        parser = argparse.ArgumentParser()
        parser.add_argument("--raw")
        parser.add_argument("--clean")
        given = parser.parse_args()
        open(given.clean, "w").write(tidied(open(given.raw).read()))
        """,
    "src/clean/tidy/work.py": """
        def tidied(text):
            from tidy import rules
            return "\\n".join(sorted(text.split(), key=rules.key))
        """,
    "src/clean/tidy/rules.py": "def key(word):\n    return word\n",
    "src/train/train.py": """
        import argparse, json
        parser = argparse.ArgumentParser()
        for name in ("clean", "depth", "model"):
            parser.add_argument(f"--{name}")
        given = parser.parse_args()
        words = open(given.clean).read().split()
        json.dump({"words": len(words), "depth": int(given.depth)}, open(given.model, "w"))
        """,
    "pipeline.yaml": """
        name: words
        experiment: dev
        config: config.yaml
        steps:
          download:
            project: src/download
            parameters: {file: "${data.file}", rows: "${data.rows}"}
            outputs:
              raw: {dataset: raw_data.txt, type: raw_data, description: Data as downloaded}
          clean:
            project: src/clean
            inputs: {raw: raw_data.txt}
            outputs: {clean: clean_data.txt}
          train:
            project: src/train/train.py
            inputs: {clean: clean_data.txt}
            parameters: {depth: "${model.depth}"}
            outputs: {model: {dataset: model.json, type: model}}
        """,
}
"""Three steps that read what the one before made, by a project, a module and a script."""


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    """Write texts into a folder, as they are without their indentation."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return folder


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A folder with the pipeline of three steps."""
    return write_files(tmp_path / "words", FILES)
