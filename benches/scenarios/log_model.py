"""`log_model` of a small scikit-learn model with an input example, each client on a store of its own in a folder.

Ours loads the saved folder in a clean process and predicts on the example there; mlflow does the like to find packages.
"""

from __future__ import annotations

from benches.modeling import FIGURES, act, note
from benches.scenario import Bar, Readings, Room, Scenario
from benches.systems import MLFLOW, OURS, System


def _measure(room: Room, system: System) -> Readings:
    readings = Readings()
    act(system, room.folder, "prepare")
    for _ in range(room.runs):
        note(readings, act(system, room.folder, "log"))
    readings.remark("the first time counts the import of the client; the second has everything imported")
    return readings


SCENARIO = Scenario(
    name="log-model",
    title="log_model of a scikit-learn model with an example, verified",
    systems=(OURS, MLFLOW),
    figures=FIGURES,
    bars=(Bar(figure="first", peer=MLFLOW, factor=2), Bar(figure="warm", peer=MLFLOW, factor=2)),
    measure=_measure,
)
