"""Making experiments, runs and logged models: the few statements each takes."""

from __future__ import annotations

from modelyard.core import ids
from modelyard.core.entities import LoggedModel, Run, RunData, RunInfo, RunOutputs
from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import runs as run
from modelyard.db import Connection
from modelyard.services.tracking.rules.locations import below
from modelyard.services.tracking.rules.runs import NewRun
from modelyard.services.tracking.sql import experiments, logged_models, runs, search, tags
from modelyard.services.tracking.sql.logged_models import NewModel
from modelyard.services.tracking.sql.places import Places
from modelyard.services.tracking.sql.runs import RunState


def create_experiment(conn: Connection, request: exp.CreateExperiment, location: str | None, now: int) -> int:
    """Make an experiment; answers its number."""
    number = experiments.insert(conn, request.name, location, now)
    if request.tags:
        experiments.set_tags(conn, number, request.tags)
    return number


def create_run(conn: Connection, request: run.CreateRun, new: NewRun, places: Places, *, now: int) -> Run:
    """Make a run in an active experiment; one that its client made before is answered as it is."""
    location = experiments.active(conn, new.experiment).location
    uri = None if location is None else below(location, new.run_id, "artifacts")
    start_time = now if request.start_time is None else request.start_time
    number = runs.insert(conn, new, request, start_time=start_time, artifact_uri=uri)
    if number is None:
        return search.whole_runs(conn, [runs.existing(conn, new).id], places)[0]
    made = RunState(number, new.run_id, new.experiment, "active")
    tags.insert_first(conn, made, new.tags)
    info = RunInfo(
        run_id=new.run_id,
        experiment_id=str(new.experiment),
        run_uuid=new.run_id,
        run_name=new.name,
        user_id=request.user_id,
        start_time=start_time,
        artifact_uri=places.run(new.experiment, new.run_id, uri),
    )
    data = RunData(tag_list=sorted(new.tags, key=lambda tag: tag.key))
    return Run(info=info, data=data, outputs=RunOutputs())


def create_logged_model(
    conn: Connection, request: lm.CreateLoggedModel, experiment: int, name: str, places: Places, *, now: int
) -> LoggedModel:
    """Make a logged model in state PENDING."""
    location = experiments.active(conn, experiment).location
    model_id = ids.new_model_id()
    uri = None if location is None else below(location, "models", model_id, "artifacts")
    model = logged_models.insert(conn, NewModel(model_id, experiment, name, uri), request, now)
    logged_models.add_params(conn, model, request.params)
    logged_models.put_tags(conn, model, request.tags)
    return logged_models.page(conn, [model.id], places)[0]
