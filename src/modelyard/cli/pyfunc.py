"""``modelyard pyfunc …``: a model of any flavor as a Python function, served or predicting, by MLflow's older name."""

from __future__ import annotations

from modelyard.cli import predict, serve

COMMANDS = (*serve.PYFUNC, *predict.PYFUNC)
