"""The program that runs and builds images: docker, or podman."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from modelyard.core.errors import InvalidParameter, ProjectFailed
from modelyard.projects.backend import Told
from modelyard.projects.elsewhere import PLACE
from modelyard.projects.programs import Child, ask

PROGRAMS = ("docker", "podman")
_QUICK = 30.0
_DIGEST = re.compile(r"[^\s@]+@sha256:[0-9a-f]{64}")


class Engine(NamedTuple):
    """docker or podman, by the path of its program."""

    program: str

    @property
    def is_podman(self) -> bool:
        """Whether it is podman, which maps users by itself."""
        return Path(self.program).name == "podman"

    def check(self) -> None:
        """Raise ``InvalidParameter`` when no engine answers the program."""
        words = ["info"] if self.is_podman else ["version", "--format", "{{.Server.Version}}"]
        said = ask([self.program, *words], seconds=_QUICK)
        if said.code:
            raise InvalidParameter(
                f"{Path(self.program).name} is installed, but no engine answers it: {said.reason} Start the engine, or run on"
                " this machine itself with --backend local."
            )

    def is_rootless(self) -> bool:
        """Whether root in a container of docker is this user already."""
        words = [self.program, "info", "--format", "{{.SecurityOptions}}"]
        return not self.is_podman and "rootless" in ask(words, seconds=_QUICK).out

    def build(self, base: str, folder: Path, tag: str, output: Told) -> str:
        """An image of a folder's files on top of another image; its id."""
        with tempfile.TemporaryDirectory(prefix="modelyard-image-") as scratch:
            recipe, identity = Path(scratch) / "Dockerfile", Path(scratch) / "id"
            recipe.write_text(f"FROM {base}\nCOPY . {PLACE}\nWORKDIR {PLACE}\n", encoding="utf-8")
            recipe.with_name("Dockerfile.dockerignore").write_text(".git\n", encoding="utf-8")
            words = ["build", "--file", str(recipe), "--tag", tag, "--iidfile", str(identity), "--", str(folder)]
            self._follow(words, output, f"The image {tag}, on top of {base}, could not be built")
            return identity.read_text(encoding="utf-8").strip() if identity.exists() else tag

    def push(self, tag: str, output: Told) -> str:
        """Send an image to its registry; its name there, with its digest."""
        self._follow(["push", "--", tag], output, f"The image {tag} could not be sent to its registry")
        said = ask([self.program, "inspect", "--format", '{{join .RepoDigests "\\n"}}', "--", tag], seconds=_QUICK)
        repository = tag.rpartition(":")[0] if ":" in tag.rpartition("/")[2] else tag
        digests = [each for each in said.out.split() if _DIGEST.fullmatch(each)]
        return next((each for each in digests if each.startswith(f"{repository}@")), tag)

    def login(self, told: Mapping[str, Any]) -> None:
        """Let the engine into a registry, with MLflow's ``docker_auth``: username, password, registry."""
        if not told:
            return
        words = [self.program, "login", "--username", str(told.get("username", "")), "--password-stdin"]
        registry = str(told.get("registry", ""))
        if registry.startswith("-"):
            raise InvalidParameter(f"{registry!r} is no registry.")
        said = ask(
            [*words, *([registry] if registry else [])], seconds=_QUICK, text=str(told.get("password", "")) + "\n"
        )
        if said.code:
            raise InvalidParameter(
                f"The registry {registry or 'of the engine'} does not let this user in: {said.reason}"
            )

    def _follow(self, words: list[str], output: Told, failure: str) -> None:
        child = Child([self.program, *words], output=output)
        try:
            code = child.wait()
        except BaseException:
            child.end()
            raise
        if code:
            raise ProjectFailed(f"{failure}: {child.last or f'it ended with code {code}'}")


def find_engine(config: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Engine:
    """The engine's program: the one the option ``engine`` names, else docker, else podman.

    Raises ``InvalidParameter`` when there is none.
    """
    path = (os.environ if environ is None else environ).get("PATH")
    wanted = config.get("engine")
    if wanted is not None and wanted not in PROGRAMS:
        raise InvalidParameter(f"The engine is {wanted!r}; known are {' and '.join(PROGRAMS)}.")
    names = (str(wanted),) if wanted else PROGRAMS
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    if found is None:
        raise InvalidParameter(
            f"There is no {' and no '.join(names)} on PATH. Install one, or run on this machine itself with --backend local."
        )
    return Engine(found)
