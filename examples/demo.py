"""The whole of it on one screen: a server on an embedded store, models trained on real data, runs read back, a model served.

`make demo` keeps the servers running until Ctrl-C; `make demo ARGS=--once` ends by itself.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

import classification
import regression
import sweep
from sklearn.datasets import load_breast_cancer

import modelyard

EXAMPLES = Path(__file__).parent
EXPERIMENT = "demo"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--once", action="store_true", help="stop the server and end when everything is shown")
    parser.add_argument("--store", default="yard", help="the folder of the store (default: %(default)s)")
    parser.add_argument("--port", type=int, default=5000, help="a free one when it is taken (default: %(default)s)")
    options = parser.parse_args()

    say(f"Starting the server on the store {options.store!r} ...")
    started: list[subprocess.Popen[str]] = []
    try:
        address = start(started, options.port, "server", "--store", options.store)
        train_everything(address)
        show_runs()
        show_best()
        predict()
        served = serve(started, address)
        say(f"\nThe server is at {address}   (REST: {address}/openapi.json)\nThe model is at {served}/invocations")
        if not options.once:
            say(f"Use them from another shell:  export MLFLOW_TRACKING_URI={address}\nCtrl-C ends both.")
            started[0].wait()
    except KeyboardInterrupt:
        say("\nStopping.")
    finally:
        for process in reversed(started):
            stop(process)
    return 0


def say(text: str) -> None:
    print(text, flush=True)


def start(started: list[subprocess.Popen[str]], port: int, *words: str) -> str:
    """Start a server of ours as a process of its own, and return its address, which it tells in its log."""
    command = [sys.executable, "-m", "modelyard", *words, "--port", str(port)]
    server = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True)  # Ctrl-C is for us
    started.append(server)
    assert server.stderr is not None
    line = ""
    for line in server.stderr:
        print(line, end="", file=sys.stderr, flush=True)
        if told := re.search(r" serves .* at (http://[\w.:]+)", line):
            threading.Thread(target=pass_on, args=(server.stderr,), daemon=True).start()
            return told[1]
    server.stderr.close()
    code = server.wait()
    started.remove(server)
    if port and "Cannot listen" in line:
        return start(started, 0, *words)
    raise SystemExit(f"The server ended with code {code}.")


def pass_on(log: IO[str]) -> None:
    with log:
        for line in log:
            print(line, end="", file=sys.stderr, flush=True)


def stop(server: subprocess.Popen[str]) -> None:
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


def predict() -> None:
    """Load the registered model by its alias, as somebody else would, and predict."""
    client = modelyard.MlflowClient()
    version = client.get_latest_versions("breast-cancer")[0]
    client.set_registered_model_alias("breast-cancer", "champion", version.version)
    model = modelyard.pyfunc.load_model("models:/breast-cancer@champion")
    data, truth = load_breast_cancer(return_X_y=True)
    right = (model.predict(data) == truth).mean()
    verdict, seconds = (version.tags[f"modelyard.verification{part}"] for part in ("", ".seconds"))
    say(
        f"\nThe registered model breast-cancer, version {version.version} (@champion): verification {verdict} in {seconds} s"
    )
    say(f"  load_model('models:/breast-cancer@champion').predict({len(data)} rows): {right:.1%} right")


def serve(started: list[subprocess.Popen[str]], address: str) -> str:
    """Put the champion behind HTTP, as a process of its own, and ask it for one prediction; its address."""
    say("\nServing it:  modelyard models serve -m models:/breast-cancer@champion ...")
    began = time.monotonic()
    words = ("models", "serve", "-m", "models:/breast-cancer@champion", "--tracking-uri", address)
    served = start(started, 0, *words)
    with urllib.request.urlopen(f"{served}/ready", timeout=60):
        say(f"  it was ready after {time.monotonic() - began:.1f} s")
    row = load_breast_cancer(return_X_y=True)[0][0].tolist()
    body = json.dumps({"inputs": [row]}).encode()
    request = urllib.request.Request(f"{served}/invocations", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        predictions = json.load(answer)["predictions"]
    say(f"  POST {served}/invocations with the first row: {predictions}")
    return served


if __name__ == "__main__":
    sys.exit(main())
