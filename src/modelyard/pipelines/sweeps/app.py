"""A Hydra program as it can be known without running it: its script, and the configuration ``@hydra.main`` names.

The script is read, never imported; the configuration is composed by Hydra's own loader.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import optional
from modelyard.pipelines.sweeps.grammar import Space, one_line

_MOST_CHECKED = 50
"""Values of one override that are tried on the configuration before a sweep starts."""


class App(msgspec.Struct, frozen=True, kw_only=True):
    """A script with ``@hydra.main``. ``registers`` says that it puts configurations together in code, which is not run here."""

    script: Path
    folder: Path
    config_name: str
    registers: bool = False

    def options(self, group: str) -> list[str]:
        """The options of a config group."""
        found: list[str] = _loader(self.folder).get_group_options(group)
        return found

    def params(self) -> list[str]:
        """The overrides that the configuration itself sweeps over: ``hydra.sweeper.params``."""
        composed = self._composed([])
        sweeper = {} if composed is None else composed.hydra.sweeper
        return [f"{key}={value}" for key, value in (sweeper.get("params") or {}).items()]

    def is_left_to_hydra(self) -> bool:
        """Whether the configuration names a sweeper or a launcher other than Hydra's basic ones."""
        composed = self._composed([])
        if composed is None:
            return False
        targets = (composed.hydra.sweeper.get("_target_", ""), composed.hydra.launcher.get("_target_", ""))
        return not all(".basic_" in str(target) for target in targets)

    def check(self, overrides: Sequence[str]) -> None:
        """Raise ``InvalidParameter`` with what Hydra would say, on one line, and keys that may have been meant.

        Nothing is said where the configuration cannot be known without running the script.
        """
        if self._composed([]) is None:
            return
        try:
            _compose(self, overrides)
        except _errors() as error:
            if not self.registers:
                raise InvalidParameter(one_line(error) + self._meant(overrides, error)) from None

    def check_space(self, space: Space) -> None:
        """The same for a sweep: its first trial, and the options of each group it goes through."""
        first = {each.key: each.some(1)[0] for each in space.swept}
        self.check(space.overrides(first))
        for each in space.swept:
            if each.kind == "choice" and len(each.values) <= _MOST_CHECKED and self.is_group(each.key):
                for index in range(1, len(each.values)):
                    self.check(space.overrides({**first, each.key: each.text(index)}))

    def is_group(self, key: str) -> bool:
        """Whether a key is a config group, whose values are files."""
        return bool(self.options(key.lstrip("+~").partition("@")[0]))

    def _composed(self, overrides: Sequence[str]) -> Any:
        try:
            return _compose(self, overrides)
        except _errors():
            return None
        except OSError:
            return None

    def _meant(self, overrides: Sequence[str], error: BaseException) -> str:
        known = list(_keys(_compose(self, [])))
        for override in overrides:
            key = override.partition("=")[0]
            if key.startswith(("+", "~")) or f"'{key}'" not in str(error):
                continue
            inside = [each for each in known if each.endswith(f".{key}")]
            close = (inside + difflib.get_close_matches(key, known, n=3, cutoff=0.6))[:3]
            if close and key not in known:
                return f" Did you mean {' or '.join(repr(each) for each in close)}?"
        return ""


def app_of(folder: Path, words: Sequence[str], flags: Sequence[str] = ()) -> App | None:
    """The Hydra program that a command starts in a folder; None where it starts none, or Hydra is not installed here."""
    script = next((folder / word for word in words if word.endswith(".py") and (folder / word).is_file()), None)
    if script is None:
        return None
    try:
        text = script.read_text(encoding="utf-8")
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError):
        return None
    named = _hydra_main(tree)
    if named is None or optional("hydra") is None:
        return None
    given = _given(flags)
    path = given.get("config_path", named.get("config_path", "."))
    name = given.get("config_name", named.get("config_name"))
    place = Path(given["config_dir"]) if "config_dir" in given else script.parent / path if path else None
    if place is None or not isinstance(name, str) or not (place / f"{name.removesuffix('.yaml')}.yaml").is_file():
        return None
    return App(script=script, folder=place.resolve(), config_name=name, registers="ConfigStore" in text)


def _given(flags: Sequence[str]) -> dict[str, str]:
    """What flags such as ``-cn other`` say."""
    names = {"-cn": "config_name", "-cp": "config_path", "-cd": "config_dir"}
    names |= {"--config-name": "config_name", "--config-path": "config_path", "--config-dir": "config_dir"}
    found: dict[str, str] = {}
    for place, flag in enumerate(flags):
        word, equals, value = flag.partition("=")
        if word in names:
            found[names[word]] = value if equals else [*flags, ""][place + 1]
    return found


def _hydra_main(tree: ast.Module) -> dict[str, Any] | None:
    """The constant arguments of ``@hydra.main(…)``; None where there is no such decorator."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for mark in node.decorator_list:
            call = mark if isinstance(mark, ast.Call) else None
            name = ast.unparse(call.func if call else mark)
            if name in ("hydra.main", "hydra_main") or (name == "main" and _imports_main(tree)):
                return dict(_constants(call)) if call else {}
    return None


def _imports_main(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.module == "hydra" for node in ast.walk(tree))


def _constants(call: ast.Call) -> Iterator[tuple[str, Any]]:
    listed = [*zip(("config_path", "config_name"), call.args, strict=False)]
    for name, value in [*listed, *((word.arg, word.value) for word in call.keywords)]:
        if name and isinstance(value, ast.Constant):
            yield name, value.value


def _loader(folder: Path) -> Any:
    loading, paths = optional("hydra._internal.config_loader_impl"), optional("hydra._internal.utils")
    assert loading is not None
    assert paths is not None
    return loading.ConfigLoaderImpl(config_search_path=paths.create_config_search_path(str(folder)))


def _compose(app: App, overrides: Sequence[str]) -> Any:
    types = optional("hydra.types")
    assert types is not None
    return _loader(app.folder).load_configuration(
        config_name=app.config_name, overrides=list(overrides), run_mode=types.RunMode.RUN
    )


def _errors() -> tuple[type[Exception], ...]:
    hydra, omegaconf, yaml = optional("hydra.errors"), optional("omegaconf.errors"), optional("yaml")
    assert hydra is not None
    assert omegaconf is not None
    assert yaml is not None
    return (hydra.HydraException, omegaconf.OmegaConfBaseException, yaml.YAMLError)


def _keys(config: Any, start: str = "") -> Iterator[str]:
    """Every dotted key of a configuration, without looking anything up."""
    omegaconf = optional("omegaconf")
    assert omegaconf is not None
    plain = omegaconf.OmegaConf.to_container(config, resolve=False) if not start else config
    for key, value in plain.items():
        if not start and key == "hydra":
            continue
        yield f"{start}{key}"
        if isinstance(value, Mapping):
            yield from _keys(value, f"{start}{key}.")
