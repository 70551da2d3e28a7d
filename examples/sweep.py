"""A sweep: nine settings of a classifier of handwritten digits, a nested run for each, a point for each epoch."""

from __future__ import annotations

from itertools import product

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import modelyard

ALPHAS = (1e-4, 1e-3, 1e-2)
RATES = (0.001, 0.01, 0.1)
EPOCHS = 15


def sweep(seed: int = 42) -> str:
    """Train each pair of settings, and return the id of the parent run, which holds the best."""
    x, y = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.25, random_state=seed, stratify=y)
    scaler = StandardScaler().fit(x_train)
    data = (scaler.transform(x_train), scaler.transform(x_test), y_train, y_test)
    with modelyard.start_run(run_name="digits, sweep") as parent:
        modelyard.set_tags({"task": "classification", "data": "digits"})
        modelyard.log_params({"settings": len(ALPHAS) * len(RATES), "epochs": EPOCHS, "seed": seed})
        accuracies = {(alpha, rate): _train_one(data, alpha, rate, seed) for alpha, rate in product(ALPHAS, RATES)}
        (alpha, rate), best = max(accuracies.items(), key=lambda item: item[1])
        modelyard.log_metric("best_accuracy", best)
        modelyard.log_params({"best_alpha": alpha, "best_learning_rate": rate})
    return parent.info.run_id


def _train_one(data: tuple[np.ndarray, ...], alpha: float, rate: float, seed: int) -> float:
    x_train, x_test, y_train, y_test = data
    classes = np.unique(y_train)
    model = SGDClassifier(loss="log_loss", alpha=alpha, learning_rate="constant", eta0=rate, random_state=seed)
    with modelyard.start_run(run_name=f"alpha={alpha:g} rate={rate:g}", nested=True):
        modelyard.set_tags({"task": "classification", "data": "digits"})
        modelyard.log_params({"alpha": alpha, "learning_rate": rate})
        accuracy = 0.0
        for epoch in range(EPOCHS):
            model.partial_fit(x_train, y_train, classes=classes)
            accuracy = float(model.score(x_test, y_test))
            loss = log_loss(y_train, model.predict_proba(x_train), labels=classes)
            modelyard.log_metrics({"accuracy": accuracy, "train_loss": loss}, step=epoch)
    return accuracy


if __name__ == "__main__":
    modelyard.set_experiment("examples")
    print(sweep())
