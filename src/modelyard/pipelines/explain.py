"""Whether a step runs or is skipped, and why, in words that name what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from modelyard.core.entities import Run
from modelyard.core.errors import InvalidParameter, ModelyardError, NotFound
from modelyard.pipelines.cache import KEY as CACHE_KEY
from modelyard.pipelines.cache import Cache, Kept, Parts, Record, parts_of
from modelyard.pipelines.closure import Closures
from modelyard.pipelines.component import Component
from modelyard.pipelines.environment import KEY, Environments
from modelyard.pipelines.graph import Graph
from modelyard.pipelines.shelf import Made, Shelf
from modelyard.pipelines.spec import Reason

_NAMED = 3  # changes that are named; of more, the number
_SHOWN = 60  # characters of a parameter's value


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a step.

    ``key`` and ``record`` are empty where they follow from a step that runs before. ``kept`` is what a skipped step leaves to
    those that follow it.
    """

    reason: Reason
    key: str = ""
    record: Record | None = None
    kept: Kept | None = None

    @property
    def runs(self) -> bool:
        """Whether the step runs."""
        return self.reason.action == "run"


class Judge:
    """Decides about steps. ``forced`` run whatever is kept; ``resumed`` are steps of an earlier run whose results are taken."""

    def __init__(
        self,
        graph: Graph,
        cache: Cache,
        shelf: Shelf,
        environments: Environments,
        closures: Closures,
        *,
        forced: frozenset[str] = frozenset(),
        resumed: Mapping[str, Run] | None = None,
    ) -> None:
        self._graph = graph
        self._cache = cache
        self._shelf = shelf
        self._environments = environments
        self._closures = closures
        self._forced = forced
        self._resumed = resumed or {}

    def check(self, components: Sequence[Component]) -> None:
        """Raise ``InvalidParameter`` for an environment that cannot be made, and for an input that nothing makes."""
        names = {component.step.name for component in components}
        for component in components:
            self._environments.of(component)
            for reference in component.step.inputs.values():
                if self._graph.maker(reference) not in names:
                    self._input(component, reference, {})

    def judge(self, component: Component, made: Mapping[str, Made]) -> Verdict:
        """What becomes of a step whose inputs are there. ``made`` are datasets that steps of this run made, by name."""
        inputs = {name: self._input(component, reference, made) for name, reference in component.step.inputs.items()}
        digests = {name: f"{each.reference.rpartition(':')[0]} {each.digest}" for name, each in inputs.items()}
        parts = self._parts(component, digests)
        record = Record(parts=parts, inputs={name: each.reference for name, each in inputs.items()})
        key = parts.key()
        reason, kept = self._decided(component, key, record)
        return Verdict(reason=reason, key=key, record=record, kept=kept)

    def stands(self, component: Component, verdict: Verdict) -> bool:
        """Whether the key of a step that ran is still that of its code and files: they may have been changed meanwhile."""
        try:
            return (
                verdict.record is not None and self._parts(component, verdict.record.parts.inputs).key() == verdict.key
            )
        except (ModelyardError, OSError):  # a file of it is gone
            return False

    def _parts(self, component: Component, inputs: Mapping[str, str]) -> Parts:
        return parts_of(component, self._closures.of(component), inputs, self._environments.of(component))

    def plan(self, components: Sequence[Component]) -> list[Verdict]:
        """What would become of steps, in their order; nothing runs."""
        made: dict[str, Made] = {}
        verdicts: dict[str, Verdict] = {}
        for component in components:
            step = component.step
            before = [name for name in self._graph.needs[step.name] if name in verdicts and verdicts[name].runs]
            waits = {
                maker: reference
                for reference in step.inputs.values()
                if (maker := self._graph.maker(reference)) is not None and maker in before
            }
            verdict = self._waiting(step.name, waits) if waits else self.judge(component, made)
            verdicts[step.name] = verdict
            if verdict.kept is not None and not verdict.runs:
                made |= by_dataset(component, verdict.kept.outputs)
        return list(verdicts.values())

    def _waiting(self, step: str, waits: Mapping[str, str]) -> Verdict:
        if step in self._forced:
            return Verdict(reason=Reason(step=step, action="run", why="it is asked for"))
        told = " and ".join(f"{reference} is made by {maker}, which runs" for maker, reference in waits.items())
        return Verdict(
            reason=Reason(step=step, action="run", why=f"{told}; if that comes out as before, it is skipped")
        )

    def _input(self, component: Component, reference: str, made: Mapping[str, Made]) -> Made:
        maker = self._graph.maker(reference)
        name = reference.partition(":")[0]
        if maker is not None and name in made:
            return made[name]
        try:
            found = self._shelf.version(reference)
            changed = self._shelf.changed_reference(reference)
            if changed:
                raise InvalidParameter(f"Step {component.step.name!r} reads {reference!r}: {changed}.")
            return found
        except NotFound:
            way = f"run the step {maker!r}, which makes it, too" if maker else "no step of this pipeline makes it"
            raise InvalidParameter(
                f"Step {component.step.name!r} reads {reference!r}, which is not in the store: {way}."
            ) from None

    def _decided(self, component: Component, key: str, record: Record) -> tuple[Reason, Kept | None]:
        name = component.step.name

        def skip(why: str, kept: Kept) -> tuple[Reason, Kept]:
            return Reason(step=name, action="skip", why=why, run_id=kept.run_id), kept

        def run(why: str) -> tuple[Reason, None]:
            return Reason(step=name, action="run", why=why), None

        if name in self._forced:
            return run("it is asked for")
        earlier = self._resumed.get(name)
        if earlier is not None and earlier.data.tags.get(CACHE_KEY) == key:
            kept = self._cache.kept(earlier)
            if not kept.lost:
                return skip(f"it ended well in the run that is resumed, as {_short(kept.run_id)}", kept)
        if not component.step.cache:
            return run("its result depends on more than its inputs (cache: false)")
        found = self._cache.find(key)
        if found is not None and not found.lost:
            return skip(f"nothing changed since run {_short(found.run_id)}", found)
        return run(f"its output is not what it was: {found.lost}" if found is not None else self._changes(name, record))

    def _changes(self, step: str, record: Record) -> str:
        last = self._cache.last(step)
        if last is None:
            return "it has not run before"
        run_id, before = last
        changes = list(differences(before, record))
        named = "; ".join(changes[:_NAMED]) or "it is not known what it depended on"
        more = f"; and {len(changes) - _NAMED} more" if len(changes) > _NAMED else ""
        return f"{named}{more} (since run {_short(run_id)})"


def by_dataset(component: Component, outputs: Mapping[str, Made]) -> dict[str, Made]:
    """What a step made, by the names of the datasets."""
    declared = component.step.outputs
    return {declared[name].dataset: made for name, made in outputs.items() if name in declared}


def differences(before: Record, now: Record) -> Iterator[str]:
    """What changed from one record to another, a phrase each."""
    old, new = before.parts, now.parts
    yield from _of_files(old.code, new.code)
    for name, digest in new.inputs.items():
        if name not in old.inputs:
            yield f"the input {now.inputs[name]} is new"
        elif digest != old.inputs[name]:
            yield _of_input(before.inputs.get(name, ""), now.inputs[name])
    yield from (f"the input {before.inputs.get(name, name)} is gone" for name in old.inputs if name not in new.inputs)
    yield from _of_values("the parameter ", old.parameters, new.parameters)
    yield from _of_files(old.files, new.files)
    yield from _of_environment(old.environment, new.environment)
    if old.command != new.command:
        yield "its command changed"
    if old.outputs != new.outputs:
        yield "its outputs are declared otherwise"
    if old.format != new.format:
        yield "an earlier release kept its result"


def _of_files(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    yield from (f"the file {path} changed" for path, digest in new.items() if path in old and old[path] != digest)
    yield from (f"the file {path} is gone" for path in old if path not in new)
    yield from (f"the file {path} is new" for path in new if path not in old)


def _of_values(what: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name, value in new.items():
        if name not in old:
            yield f"{what}{name} is new"
        elif value != old[name]:
            yield f"{what}{name} is {_shown(value)}, and was {_shown(old[name])}"
    yield from (f"{what}{name} is gone" for name in old if name not in new)


def _of_environment(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """What is known of it in words; where nothing is, that it changed."""
    if old == new:
        return
    if (KEY in old) != (KEY in new):
        is_own = "it was the one that runs this, and is one of its own"
        yield f"the environment changed: {is_own if KEY in new else 'it was one of its own, and is the one that runs this'}"
        return
    said = {name: value for name, value in new.items() if name != KEY}
    before = {name: value for name, value in old.items() if name != KEY}
    changes = list(_of_values("", before, said))
    told = ", ".join(changes[:_NAMED]) + (f", and {len(changes) - _NAMED} more" if len(changes) > _NAMED else "")
    yield f"the environment changed: {told}" if told else "the environment changed"


def _of_input(old: str, new: str) -> str:
    name, _, version = new.rpartition(":")
    if old.rpartition(":")[0] != name:
        return f"the input is {new}, and was {old}"
    return (
        f"the input {name} is now {version}, and was {old.rpartition(':')[2]}"
        if old != new
        else f"the input {new} changed"
    )


def _shown(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"


def _short(run_id: str) -> str:
    return run_id[:12]
