"""How many threads an estimator predicts on."""

from __future__ import annotations

from typing import Any


def use_one_thread(obj: Any) -> None:
    """Let an estimator of scikit-learn predict on one thread: several add up in any order, and the last bits of its own
    predictions would change from one to the next. For one row it is also faster.
    """
    if not type(obj).__module__.startswith("sklearn."):
        return
    threads = {name: 1 for name, value in obj.get_params().items() if name.endswith("n_jobs") and value is not None}
    if threads:
        obj.set_params(**threads)
