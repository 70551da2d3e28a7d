"""A batch from its beginning to its end: what ``modelyard batch score`` does."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from modelyard.batch.engine import Engine, LocalEngine
from modelyard.batch.manifest import (
    MANIFEST,
    REJECTED,
    SIDE,
    Manifest,
    Record,
    Subject,
    check_free,
    check_same,
    output_folder,
)
from modelyard.batch.options import BatchOptions, format_of
from modelyard.batch.places import Item, find, is_object, output_of, split_object
from modelyard.batch.ray import RayEngine
from modelyard.batch.read import Reader, digest_of, reader_of
from modelyard.batch.score import Loop
from modelyard.batch.scorer import Recipe
from modelyard.batch.subject import Source, recipe_of, source_of
from modelyard.batch.tracking import Tracked, model_name, tracked
from modelyard.client.artifacts.objects import ObjectPlace
from modelyard.client.progress import Progress
from modelyard.core.errors import Conflict, InvalidParameter
from modelyard.core.settings import user_folder
from modelyard.core.version import __version__


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch came to. ``already`` says that an earlier run of the same command had done all of it."""

    output: str
    rows: int
    scored: int
    rejected: int
    rejected_file: str
    seconds: float
    run_id: str
    input_digest: str
    model_version: str
    already: bool = False


class Job(NamedTuple):
    """All that a batch needs, looked up and checked."""

    address: str
    input: str
    output: str
    options: BatchOptions
    source: Source
    items: list[Item]
    reader: Reader
    recipe: Recipe
    subject: Subject


def score_files(model: str, input: str, output: str, options: BatchOptions | None = None) -> Report:  # noqa: A002
    """Score files with a model, chunk by chunk; ``output`` appears when it is whole.

    Called again after a crash with the same arguments it goes on where it was. Raises ``Conflict`` when the model, the
    input or the options have changed since, ``ModelFailed`` when the model works on no row, or on too few.
    """
    options = options or BatchOptions()
    options.check()
    output = output_of(output)
    job = _job(model, input, output, options)
    record = Record(_local(output))
    record.hold()
    try:
        return _run(job, record)
    finally:
        record.close()


def _job(model: str, address: str, output: str, options: BatchOptions) -> Job:
    items = find(address, leave_out=output)
    forms = {format_of(item.name, options.input_format, "--input-format") for item in items}
    if len(forms) > 1:
        raise InvalidParameter(f"The files at {address!r} are of several formats: {', '.join(sorted(forms))}.")
    (form,) = forms
    written = format_of(output, options.output_format, "--output-format")
    digest = _digest_beside(items)
    source = source_of(model)
    reader = reader_of(form, items, rows=options.chunk_rows, delimiter=options.delimiter)
    subject = Subject(
        model_digest=source.digest,
        items=tuple(items),
        input_digest=digest.result(),
        input_format=form,
        output_format=written,
        options=options.shaping(),
    )
    recipe = recipe_of(source, reader, options, form=form, output=written)
    return Job(model, address, output, options, source, items, reader, recipe, subject)


def _digest_beside(items: Sequence[Item]) -> Future[str]:
    """The input's digest, while something else is done; an error elsewhere waits for no large file to be read."""
    found: Future[str] = Future()

    def run() -> None:
        try:
            found.set_result(digest_of(items))
        except BaseException as error:  # noqa: BLE001 - whoever asks for the digest meets it
            found.set_exception(error)

    threading.Thread(target=run, name="batch-digest", daemon=True).start()
    return found


def _run(job: Job, record: Record) -> Report:
    manifest = _begin(job, record)
    if manifest.state == "complete":
        return _report(job, manifest, already=True)
    name = f"batch-{model_name(job.address)}"
    with tracked(manifest, wanted=job.options.track, experiment=job.options.experiment, name=name) as run:
        manifest = msgspec.structs.replace(manifest, run_id=run.run_id)
        if manifest.state == "open":
            record.open(manifest)
            run.begin(manifest, _told(job, manifest))
            record.note(manifest)
            manifest = _score(job, record, manifest, run)
        told = _told(job, manifest)
        run.end(manifest, told, record.rejected)
        _finish(job, record, manifest, told)
    return _report(job, manifest)


def _begin(job: Job, record: Record) -> Manifest:
    """The manifest to go on with: the one that is there, or a new one."""
    options = job.options
    if options.restart:
        record.forget()
    found = record.read()
    if found is None:
        if not options.restart:
            check_free(record.output)
        record.forget()
        return Manifest(model=job.address, model_version=job.source.version, subject=job.subject)
    check_same(found.subject, job.subject)
    if found.state == "complete" and not is_object(job.output) and not record.output.exists():
        raise Conflict(f"The batch is complete, and its output {job.output!r} is gone; --restart makes it again.")
    return found


def _score(job: Job, record: Record, manifest: Manifest, run: Tracked) -> Manifest:
    reader = job.reader
    engine = _engine(job)
    try:
        loop = Loop(job.recipe, record, manifest, job.items, every=job.options.commit_seconds)
        with Progress("scored") as progress:

            def watch(now: Manifest) -> None:
                done = reader.done(now.after)
                progress.at(now.rows, round(now.rows * reader.total / done) if done else 0)
                run.at(now)

            loop.run(reader, engine, max_bad=job.options.max_bad, watch=watch)
    finally:
        engine.close()
    return loop.manifest


def _engine(job: Job) -> Engine:
    if job.options.engine == "ray":
        anywhere = all(is_object(item.address) for item in job.items)
        return RayEngine(job.recipe, job.options.workers, job.options.ray_address, anywhere=anywhere)
    return LocalEngine(job.recipe, job.options.workers)


def _finish(job: Job, record: Record, manifest: Manifest, told: dict[str, Any]) -> None:
    """The output gets its name, then its side file; that the batch is complete is said last."""
    record.finish(manifest, {f"modelyard.{key}": _text(value) for key, value in told.items()})
    side = record.side(told)
    done = msgspec.structs.replace(manifest, state="complete")
    if is_object(job.output):
        bucket, key = split_object(job.output)
        place = ObjectPlace(bucket)
        if record.rejected.exists():
            place.upload(record.rejected, key + REJECTED)
        place.upload(record.output, key)
        place.upload(side, key + SIDE)
        record.note(done)
        place.upload(record.file, key + MANIFEST)
        record.output.unlink()
    else:
        record.note(done)


def _told(job: Job, manifest: Manifest) -> dict[str, Any]:
    """What the output says of itself, by name."""
    return {
        "model": job.address,
        "model_version": job.source.version,
        "model_id": job.source.model.model_id or "",
        "model_digest": job.source.digest,
        "input": job.input,
        "input_digest": job.subject.input_digest,
        "output": job.output,
        "run_id": manifest.run_id,
        "rows": manifest.rows,
        "rows_scored": manifest.scored,
        "rows_rejected": manifest.rows - manifest.scored,
        "modelyard_version": __version__,
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _report(job: Job, manifest: Manifest, *, already: bool = False) -> Report:
    rejected = manifest.rows - manifest.scored
    return Report(
        output=job.output,
        rows=manifest.rows,
        scored=manifest.scored,
        rejected=rejected,
        rejected_file=job.output + REJECTED if rejected else "",
        seconds=manifest.seconds,
        run_id=manifest.run_id,
        input_digest=job.subject.input_digest,
        model_version=job.source.version,
        already=already,
    )


def _local(output: str) -> Path:
    """Where the output is put together: beside itself, or for a bucket in this machine's own folder."""
    return output_folder(user_folder() / "batch", output) if is_object(output) else Path(output)
