"""System metrics of a run: processor, memory, disk, network and graphics cards, by MLflow's names."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from modelyard.client.lane import Lane
from modelyard.core.extras import optional, require

PREFIX = "system/"
MEGABYTE = 1e6


class Probes:
    """Reads the machine. What cannot be read is left out."""

    def __init__(self, psutil: ModuleType) -> None:
        self._psutil = psutil
        self._first = self._network()
        self._nvml = _nvml()
        psutil.cpu_percent()

    def sample(self) -> dict[str, float]:
        """The figures of now; network traffic is what went through since the start."""
        memory, disk = self._psutil.virtual_memory(), self._psutil.disk_usage(os.sep)
        received, sent = self._network()
        return {
            "cpu_utilization_percentage": self._psutil.cpu_percent(),
            "system_memory_usage_megabytes": memory.used / MEGABYTE,
            "system_memory_usage_percentage": memory.used / memory.total * 100,
            "disk_usage_percentage": disk.percent,
            "disk_usage_megabytes": disk.used / MEGABYTE,
            "disk_available_megabytes": disk.free / MEGABYTE,
            "network_receive_megabytes": received - self._first[0],
            "network_transmit_megabytes": sent - self._first[1],
            **(_gpus(self._nvml) if self._nvml else {}),
        }

    def _network(self) -> tuple[float, float]:
        counters = self._psutil.net_io_counters()
        if counters is None:
            return 0.0, 0.0
        return counters.bytes_recv / MEGABYTE, counters.bytes_sent / MEGABYTE


class Monitor:
    """Samples in a thread of its own and queues the means."""

    def __init__(self, lane: Lane, probes: Probes, first_step: int, options: Mapping[str, Any]) -> None:
        self._lane = lane
        self._probes = probes
        self._step = first_step
        self._interval = float(options.get("system_metrics_sampling_interval") or 10.0)
        self._samples = max(1, int(options.get("samples_before_logging") or 1))
        node = options.get("node_id")
        self._prefix = f"{PREFIX}{node}/" if node else PREFIX
        self._stopped = threading.Event()
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._watch, name="modelyard-system-metrics", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it; figures that were gathered and not logged yet are logged."""
        self._stopped.set()
        if self._pid == os.getpid() and self._thread is not threading.current_thread():
            self._thread.join(timeout=2.0)

    def _watch(self) -> None:
        while not self._stopped.is_set():
            gathered: list[dict[str, float]] = []
            while len(gathered) < self._samples and not self._stopped.is_set():
                gathered.append(self._probes.sample())
                self._stopped.wait(self._interval)
            self._log(gathered)

    def _log(self, gathered: list[dict[str, float]]) -> None:
        if not gathered:
            return
        for name in gathered[-1]:
            values = [sample[name] for sample in gathered if name in sample]
            value = values[-1] if name.startswith("network_") else round(sum(values) / len(values), 1)
            self._lane.add(self._prefix + name, value, self._step)
        self._step += 1


def start_monitor(lane: Lane, first_step: int, options: Mapping[str, Any]) -> Monitor:
    """Begin to sample for a run; raises ``MissingExtra`` where psutil is not installed."""
    psutil = require("psutil", what="Logging system metrics", extra="system")
    return Monitor(lane, Probes(psutil), first_step, options)


def _nvml() -> ModuleType | None:
    nvml = optional("pynvml")
    if nvml is None:
        return None
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return None  # no card, or no driver
    return nvml


def _gpus(nvml: ModuleType) -> dict[str, float]:
    found: dict[str, float] = {}
    for index in range(nvml.nvmlDeviceGetCount()):
        card = nvml.nvmlDeviceGetHandleByIndex(index)
        try:
            memory = nvml.nvmlDeviceGetMemoryInfo(card)
            watts, limit = nvml.nvmlDeviceGetPowerUsage(card) / 1000, nvml.nvmlDeviceGetEnforcedPowerLimit(card) / 1000
            found |= {
                f"gpu_{index}_memory_usage_percentage": memory.used / memory.total * 100,
                f"gpu_{index}_memory_usage_megabytes": memory.used / MEGABYTE,
                f"gpu_{index}_utilization_percentage": nvml.nvmlDeviceGetUtilizationRates(card).gpu,
                f"gpu_{index}_power_usage_watts": watts,
                f"gpu_{index}_power_usage_percentage": watts / limit * 100,
            }
        except nvml.NVMLError:
            continue  # this card does not tell
    return found
