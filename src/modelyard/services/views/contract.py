"""What a store of views promises, whatever keeps it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, Protocol

from modelyard.core.wire.messages import series as pictures
from modelyard.core.wire.messages import views as view


class Export(Protocol):
    """A file that is made while it is read, in little memory whatever its size."""

    @property
    def name(self) -> str:
        """What the file is saved as."""
        ...

    @property
    def content_type(self) -> str:
        """What kind of file it is."""
        ...

    def pieces(self) -> Iterator[bytes]:
        """Its parts. Holds no transaction between two of them."""
        ...


class Found(NamedTuple):
    """What has changed: runs, with the id of the experiment of each, and experiments, whether in their runs or themselves."""

    runs: Mapping[str, str]
    experiments: Collection[str]


class ChangeFinder(Protocol):
    """Finds out what has changed in a store, whoever changed it: this process, another one, a client with the folder open.

    One thread at a time. What was changed long ago by this process itself may be found once more.
    """

    def is_stirred(self) -> bool:
        """Whether it is time to look; costs next to nothing, but on PostgreSQL the way there and back.

        On SQLite this process' own writes do not count, and it must not be called inside a `read()`.
        """
        ...

    def watch(self, experiment_ids: Collection[str], run_ids: Collection[str]) -> None:
        """From now on find changes in these experiments and runs, and in no others; nothing of it has changed yet."""
        ...

    def look(self) -> Found:
        """What has changed of what is watched, since the last look or since it is watched."""
        ...

    def experiments_of(self, run_ids: Collection[str]) -> Mapping[str, str]:
        """The experiments of the runs that are there. Any thread may ask, at any time."""
        ...


class ViewStore(Protocol):
    """Tables and pictures of what a tracking store holds.

    Guarantees, for every implementation:

    - *Threads*: any method may be called from any thread at any time.
    - *One moment*: an answer shows the store at one moment; its total is that of all matches, not of those answered.
    - *Effort*: a table costs a number of statements that does not grow with its rows or columns.
    - *Atomic*: ``change_*`` and ``keep_view`` do all of a request or nothing. ``purge_deleted`` checks all of it first.
    - *Raises*: ``InvalidParameter`` for what cannot be read, is too much, or is to be purged and not deleted, with the
      place of the fault in a filter; ``NotFound`` for an unknown id where one is changed or looked up; ``Unavailable``
      when the store is busy or cannot be reached, and nothing else.
    """

    def list_experiments(self, request: view.ListExperiments) -> view.ExperimentRows:
        """Experiments by their latest activity, and how many there are in all."""
        ...

    def list_runs(self, request: view.ListRuns) -> view.RunRows:
        """Some runs with the columns asked for, and how many there are in all; unknown ids are passed over."""
        ...

    def find_keys(self, request: view.FindKeys) -> view.KeysFound:
        """The keys that runs have, those that most have first."""
        ...

    def find_values(self, request: view.FindValues) -> view.KeysFound:
        """The values that a column has in active runs, those that most have first."""
        ...

    def find_varying(self, request: view.FindVarying) -> view.VaryingFound:
        """What tells the active runs of a search apart."""
        ...

    def group_runs(self, request: view.GroupRuns) -> view.RunGroups:
        """Runs in groups of equal values; the largest first, unless an order is asked for.

        A run without the value is in a group of those without. NaN is left out of aggregates, as of a series' extremes.
        """
        ...

    def export_runs(self, request: view.ExportRuns) -> Export:
        """All runs of a search as a file that is made while it is read. The runs are those of the moment it is begun."""
        ...

    def change_runs(self, request: view.ChangeRuns) -> view.Changed:
        """Delete, restore, tag or untag runs. What is so already stays; deleted runs cannot be tagged."""
        ...

    def change_experiments(self, request: view.ChangeExperiments) -> view.Changed:
        """Delete or restore experiments with all their runs. What is so already stays."""
        ...

    def purge_deleted(self, request: view.PurgeDeleted) -> view.Changed:
        """Remove deleted runs and experiments for good, with their files. Not inside a transaction."""
        ...

    def keep_view(self, request: view.KeepView) -> view.ViewKept:
        """Keep a state for good; the same one has the same id."""
        ...

    def get_view(self, request: view.GetView) -> view.KeepView:
        """The state of an id."""
        ...

    def get_series(self, request: pictures.GetSeries) -> pictures.SeriesFound:
        """Some metrics of some runs for a picture; what is unknown is left out."""
        ...

    def compare_runs(self, request: pictures.CompareRuns) -> pictures.Comparison:
        """All columns of some runs and some of their series; what is unknown is left out.

        As many metrics are drawn as 2,000 series allow; ``metrics`` of the answer says which.
        """
        ...

    def changes(self) -> ChangeFinder:
        """A new finder of changes, which watches nothing yet."""
        ...
