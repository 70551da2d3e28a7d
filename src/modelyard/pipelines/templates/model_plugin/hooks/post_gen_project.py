"""Takes out what Python compiled of the template."""

import shutil
from pathlib import Path

for folder in list(Path().rglob("__pycache__")):
    shutil.rmtree(folder)
