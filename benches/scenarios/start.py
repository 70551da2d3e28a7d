"""From the command to the first answer of `/health` on an empty folder, and the memory of the idle server."""

from __future__ import annotations

from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.systems import FASTTRACKML, MLFLOW, OURS, System


def _measure(room: Room, system: System) -> Readings:
    readings = Readings()
    for number in range(room.runs):
        with system.serve(room.folder / str(number)) as server:
            server.settle()
            readings.add("seconds", server.seconds_to_health)
            memory = server.memory()
            readings.add("rss", memory.rss)
            readings.add("pss", memory.pss)
            count = len(server.tree())
    readings.remark(f"{count} process{'es' if count > 1 else ''}")
    return readings


SCENARIO = Scenario(
    name="start",
    title="start to /health; idle memory",
    systems=(OURS, FASTTRACKML, MLFLOW),
    figures=(
        Figure(key="seconds", label="start to /health", unit="s", digits=2),
        Figure(key="rss", label="idle memory (resident, all processes)", unit="MiB", digits=0),
        Figure(key="pss", label="idle memory, shared pages counted once", unit="MiB", digits=0),
    ),
    bars=(Bar(figure="seconds", limit=1), Bar(figure="rss", limit=90)),
    measure=_measure,
)
