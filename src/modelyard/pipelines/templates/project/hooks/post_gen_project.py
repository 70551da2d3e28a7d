"""Puts the template of components, which lies beside the project's own, into the project, and takes out what Python compiled."""

import shutil
from pathlib import Path

TEMPLATE = Path({{ "%r" | format(cookiecutter._repo_dir) }})

shutil.copytree(TEMPLATE.parent / "component", "cookie-mlflow-step", ignore=shutil.ignore_patterns("__pycache__"))
for folder in list(Path().rglob("__pycache__")):
    shutil.rmtree(folder)
