"""Programs that stand for docker and kubectl: they write down how they were called, and answer as a test says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

PROGRAM = """#!{python} -IS
import json, os, sys, time
words, place = sys.argv[1:], {place!r}
stdin = "" if {ignores_stdin} else sys.stdin.read()
with open(os.path.join(place, "calls"), "a") as file:
    file.write(json.dumps({{"words": words, "stdin": stdin, "environ": dict(os.environ)}}) + "\\n")
with open(os.path.join(place, "answers")) as file:
    answers = json.load(file)
for index, answer in enumerate(answers):
    if not all(word in words for word in answer["to"]):
        continue
    if answer.get("times") == 0:
        continue
    if "times" in answer:
        answer["times"] -= 1
        with open(os.path.join(place, "answers.new"), "w") as file:
            json.dump(answers, file)
        os.replace(os.path.join(place, "answers.new"), os.path.join(place, "answers"))
    for name, text in answer.get("writes", {{}}).items():
        path = next(words[at + 1] for at, word in enumerate(words) if word == name)
        with open(path, "w") as file:
            file.write(text)
    sys.stdout.write(answer.get("out", ""))
    sys.stdout.flush()
    sys.stderr.write(answer.get("err", ""))
    sys.stderr.flush()
    until = answer.get("until")
    while until and not os.path.exists(os.path.join(place, until)):
        time.sleep(0.02)
    if answer.get("makes"):
        open(os.path.join(place, answer["makes"]), "w").close()
    sys.exit(answer.get("code", 0))
sys.exit("no answer to " + " ".join(words))
"""


class Call(NamedTuple):
    """How it was called."""

    words: list[str]
    stdin: str
    environ: dict[str, str]


class Recorded:
    """A program in a folder of its own, which goes on the PATH."""

    def __init__(self, folder: Path, name: str, *, reads_stdin: bool = False) -> None:
        self.folder = folder
        self.place = folder / f"{name}.told"
        self.place.mkdir(parents=True)
        self.path = folder / name
        text = PROGRAM.format(python=sys.executable, place=str(self.place), ignores_stdin=not reads_stdin)
        self.path.write_text(text)
        self.path.chmod(0o755)
        self.answer()

    def answer(self, *answers: dict[str, Any]) -> None:
        """What it answers: the first whose words ``to`` are all among those it is called with, ``times`` often.

        ``out``, ``err``, ``code``; ``until`` waits for a file of its folder, and ``makes`` makes one; ``writes`` writes
        texts to the files that options name.
        """
        (self.place / "answers").write_text(json.dumps(answers))

    def calls(self, *words: str) -> list[Call]:
        """The calls that had these words, in their order."""
        file = self.place / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        found = [Call(**json.loads(line)) for line in lines]
        return [call for call in found if all(word in call.words for word in words)]
