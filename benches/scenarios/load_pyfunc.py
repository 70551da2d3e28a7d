"""A logged scikit-learn model loaded as a Python function, and one prediction with it, each client on its own store."""

from __future__ import annotations

from benches.modeling import FIGURES, act, note
from benches.scenario import Bar, Readings, Room, Scenario
from benches.systems import MLFLOW, OURS, System
from benches.throughput import LostError


def _measure(room: Room, system: System) -> Readings:
    readings = Readings()
    act(system, room.folder, "prepare")
    address = act(system, room.folder, "log")["address"]
    for _ in range(room.size(3 * room.runs, 1)):  # it is over so soon that each counts little
        told = act(system, room.folder, "load", address)
        if len(told["predictions"]) != 5:
            raise LostError(f"five rows were predicted on, {len(told['predictions'])} predictions came back")
        note(readings, told)
    readings.remark("the first time counts the import of the client and of scikit-learn")
    return readings


SCENARIO = Scenario(
    name="load-pyfunc",
    title="load a scikit-learn model as pyfunc and predict",
    systems=(OURS, MLFLOW),
    figures=FIGURES,
    bars=(Bar(figure="first", peer=MLFLOW, factor=3), Bar(figure="warm", peer=MLFLOW, factor=3)),
    measure=_measure,
)
