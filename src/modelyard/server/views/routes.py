"""The endpoints about files and models as people look at them, and what answers each."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from modelyard.core.version import __version__
from modelyard.core.wire.messages import previews as pre
from modelyard.server.application import Machinery
from modelyard.server.options import ServerOptions
from modelyard.server.routing import Direct
from modelyard.server.streaming import answering
from modelyard.server.views import predictions
from modelyard.server.views.archives import Archives
from modelyard.server.views.cards import Cards
from modelyard.server.views.children import Children
from modelyard.server.views.files import Files
from modelyard.server.views.places import Places
from modelyard.server.views.predictions import Predictions
from modelyard.server.views.thumbnails import Thumbnails
from modelyard.services.artifacts.routes import ArtifactRoutes
from modelyard.services.stores import Locator, Stores, folder_of
from modelyard.web.tasks import Tasks


class FileViews:
    """Puts together what looks into files."""

    def __init__(
        self, stores: Stores, artifacts: ArtifactRoutes, machinery: Machinery, tasks: Tasks, options: ServerOptions
    ) -> None:
        places = Places(artifacts, Locator(stores.tracking, stores.registry))
        children = Children()
        self._files = Files(places, children)
        self._cards = Cards(places, children, stores.tracking, stores.registry)
        self._thumbnails = Thumbnails(places, machinery.previews)
        self._archives = Archives(places, machinery.files)
        self._predictions = Predictions(places, machinery.files, hidden=_hidden(options))
        self._about = pre.About(
            version=__version__,
            store=stores.database.dialect.name,
            serves_artifacts=options.serve_artifacts,
            predicts=options.predict,
        )
        self._tasks = tasks
        self._predicts = options.predict

    def handlers(self) -> Mapping[str, Callable[[Any], Any]]:
        """Endpoint name → the function that answers it."""
        return {
            "views.preview_file": self._files.preview_file,
            "views.describe_model": self._cards.describe_model,
            "views.about_server": lambda _: self._about,
        }

    def direct(self) -> dict[str, Direct]:
        """Endpoint name → what answers it by itself."""
        predict = answering(self._tasks, self._predictions.answer)
        return {
            "views.get_thumbnail": answering(self._tasks, self._thumbnails.answer),
            "views.get_archive": answering(self._tasks, self._archives.answer),
            "views.predict_once": predict if self._predicts else predictions.refuse,
        }

    async def close(self) -> None:
        """End the processes of models."""
        await self._predictions.close()


def _hidden(options: ServerOptions) -> tuple[str, ...]:
    """What no model shall see: the store's own folders, in which other people's runs are."""
    named = (folder_of(each) for each in (options.store, options.artifacts) if each)
    return tuple(os.path.realpath(folder) for folder in named if folder is not None)
