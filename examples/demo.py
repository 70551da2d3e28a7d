"""The whole of it on one screen: a server on an embedded store, models trained on real data, runs read back.

`make demo` keeps the server running until Ctrl-C; `make demo ARGS=--once` ends by itself.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import classification
import regression
import sweep

import modelyard

EXAMPLES = Path(__file__).parent
EXPERIMENT = "demo"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--once", action="store_true", help="stop the server and end when everything is shown")
    parser.add_argument("--store", default="yard", help="the folder of the store (default: %(default)s)")
    parser.add_argument("--port", type=int, default=5000, help="a free one when it is taken (default: %(default)s)")
    options = parser.parse_args()

    port = options.port if options.port and _is_free(options.port) else _free_port()
    address = f"http://127.0.0.1:{port}"
    say(f"Starting the server on the store {options.store!r} ...")
    server = start_server(address, options.store)
    try:
        train_everything(address)
        show_runs()
        show_best()
        say(f"\nThe server is at {address}   (REST: {address}/openapi.json)")
        if not options.once:
            say(f"Use it from another shell:  export MLFLOW_TRACKING_URI={address}\nCtrl-C ends it.")
            server.wait()
    except KeyboardInterrupt:
        say("\nStopping.")
    finally:
        stop(server)
    return 0


def say(text: str) -> None:
    print(text, flush=True)


def start_server(address: str, store: str) -> subprocess.Popen[bytes]:
    """Start `modelyard server` as a process of its own, and return when it answers."""
    port = address.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "modelyard", "server", "--store", store, "--port", port]
    server = subprocess.Popen(command, start_new_session=True)  # Ctrl-C is for us; we end it
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return server
        except (urllib.error.URLError, ConnectionError):
            if server.poll() is not None:
                raise SystemExit(f"The server ended with code {server.returncode}.") from None
            time.sleep(0.05)
    stop(server)
    raise SystemExit("The server did not answer within 30 seconds.")


def stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(timeout=30)
    except subprocess.TimeoutExpired:
        server.kill()


def train_everything(address: str) -> None:
    modelyard.set_tracking_uri(address)
    modelyard.set_experiment(EXPERIMENT)
    timed("classification: breast cancer, logistic regression", classification.train)
    timed("regression: diabetes, gradient boosting, a curve of 120 points", regression.train)
    timed("sweep: digits, 9 nested runs of 15 epochs", sweep.sweep)
    if importlib.util.find_spec("mlflow") is None:
        say("  (mlflow is not installed here; `make test-all` runs its client against this server)")
    else:
        timed("the real mlflow client: wine, a model logged and registered", lambda: run_mlflow(address))


def timed(what: str, train: Callable[[], object]) -> None:
    started = time.monotonic()
    train()
    say(f"  {what} - {time.monotonic() - started:.1f} s")


def run_mlflow(address: str) -> None:
    """In a process of its own: what it needs of mlflow's settings is its own affair."""
    environment = {**os.environ, "MLFLOW_TRACKING_URI": address, "PYTHONWARNINGS": "ignore"}
    code = f"import with_mlflow, mlflow; mlflow.set_experiment({EXPERIMENT!r}); with_mlflow.train()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=EXAMPLES, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"mlflow failed:\n{done.stderr}")


def show_runs() -> None:
    runs = modelyard.search_runs(experiment_names=[EXPERIMENT], output_format="list", max_results=20)
    say(f"\nThe latest runs of the experiment {EXPERIMENT!r}:\n")
    say(f"  {'run':<36} {'status':<9} {'seconds':>7}  metrics")
    for run in runs:
        seconds = (run.info.end_time - run.info.start_time) / 1000
        metrics = "  ".join(f"{key}={value:.4g}" for key, value in sorted(run.data.metrics.items()))
        indent = "  " if "mlflow.parentRunId" in run.data.tags else ""
        say(f"  {indent + run.info.run_name:<36} {run.info.status:<9} {seconds:7.2f}  {metrics}")


def show_best() -> None:
    question = "params.alpha != '' AND metrics.accuracy > 0.9"
    found = modelyard.search_runs(
        experiment_names=[EXPERIMENT],
        filter_string=question,
        order_by=["metrics.accuracy DESC"],
        max_results=1,
        output_format="list",
    )
    say(f"\nThe best of the sweep:  search_runs({question!r}, order_by=['metrics.accuracy DESC'])")
    for run in found:
        say(f"  {run.info.run_name}  accuracy={run.data.metrics['accuracy']:.4f}  run {run.info.run_id}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
