"""Building a wheel: what browsers need is built first where npm can be had. An editable install runs nothing."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PagesHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's own word for its configuration
    """Runs ``ui/build.py``, which leaves alone what is there already."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the pages, or say why the wheel is without them."""
        if version == "editable":
            return
        build = self._build()
        try:
            self.app.display_info(build.build())
        except build.BuildError as error:
            self.app.display_warning(f"The wheel is without pages: {error}")

    def _build(self) -> Any:
        file = Path(self.root) / "ui" / "build.py"
        spec = importlib.util.spec_from_file_location("modelyard_ui_build", file)
        if spec is None or spec.loader is None:
            raise ImportError(f"{file} cannot be imported.")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
