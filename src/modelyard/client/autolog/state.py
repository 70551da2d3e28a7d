"""What is autologged in this process: replaced functions are the process's by nature, so this is the one place."""

from __future__ import annotations

import logging
import sys
import threading
from types import ModuleType
from typing import Protocol

from modelyard.client.autolog.imports import ImportWatch
from modelyard.client.autolog.options import AutologOptions
from modelyard.client.autolog.patches import Patches
from modelyard.core.extras import loaded

_logger = logging.getLogger(__name__)


class Integration(Protocol):
    """How one framework is autologged. Nothing of it imports the framework."""

    name: str
    """MLflow's word for the framework, such as ``sklearn``."""

    def watches(self, module: str) -> bool:
        """Whether there is something to replace in a module of this name."""
        ...

    def patch(self, module: ModuleType, patches: Patches) -> None:
        """Replace it. Called for what is imported already, and again for what is imported later."""
        ...


class Autologging:
    """The frameworks that are autologged, and their options. Any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._integrations: dict[str, Integration] = {}
        self._options: dict[str, AutologOptions] = {}
        self._own: set[str] = set()
        self._patches: dict[str, Patches] = {}
        self._told: set[tuple[str, str, str]] = set()
        self._watch = ImportWatch(self._watches, self._visit)

    def options(self, name: str) -> AutologOptions | None:
        """The options of a framework; None while it is not autologged."""
        return self._options.get(name)

    def enable(self, integration: Integration, options: AutologOptions, *, own: bool = True) -> None:
        """Autolog a framework from now on, whether it is imported yet or not.

        With ``own`` the options are meant for it alone; those meant for all do not replace them.
        """
        name = integration.name
        with self._lock:
            if not own and name in self._own:
                return
            if own:
                self._own.add(name)
            self._told = {each for each in self._told if each[0] != name}
            self._integrations[name] = integration
            self._options[name] = options
            patches = self._patches.setdefault(name, Patches())
            self._watch.install()
            for module in _imported(integration):
                integration.patch(module, patches)

    def disable(self, name: str) -> None:
        """Give a framework its own functions back."""
        with self._lock:
            self._options.pop(name, None)
            self._integrations.pop(name, None)
            self._own.discard(name)
            patches = self._patches.pop(name, None)
            if patches is not None:
                patches.restore()
            if not self._integrations:
                self._watch.remove()

    def complain(self, name: str, what: str, error: Exception) -> None:
        """Say once that something could not be logged; training goes on."""
        options = self._options.get(name)
        about = (name, what, type(error).__name__)
        if (options is not None and options.silent) or about in self._told:
            return
        self._told.add(about)
        _logger.warning(
            "Autologging of %s goes on without %s: %s: %s. Training is not touched; this is said once.",
            name,
            what,
            type(error).__name__,
            error,
        )

    def _watches(self, module: str) -> bool:
        return any(integration.watches(module) for integration in list(self._integrations.values()))

    def _visit(self, module: ModuleType) -> None:
        with self._lock:
            for name, integration in self._integrations.items():
                if integration.watches(module.__name__):
                    try:
                        integration.patch(module, self._patches[name])
                    except Exception as error:  # noqa: BLE001 - an import of the user's must not fail for our sake
                        self.complain(name, f"the functions of {module.__name__}", error)


def _imported(integration: Integration) -> list[ModuleType]:
    names = [name for name in list(sys.modules) if integration.watches(name)]
    return [module for name in names if (module := loaded(name)) is not None]


AUTOLOG = Autologging()
