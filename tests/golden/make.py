"""Makes the golden model folders: `python tests/golden/make.py`, with uv on the PATH and a package index within reach.

For each release of MLflow it makes an environment in a temporary folder, runs ``write.py`` there, and puts the folders
the release wrote below ``models/<release>/``, with what the models predicted in ``expected.json``. The folders are
committed: the tests read them and never make them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
OLD = "numpy<1.20 pandas<1 protobuf<3.21 sqlalchemy<1.4 flask<2 werkzeug<2 markupsafe<2.1 jinja2<3 itsdangerous<2.1 click<8"
RELEASES = {  # release → Python, and packages of its time beside it
    "1.2.0": ("3.7", [*OLD.split(), "scikit-learn==0.21.3"]),
    "1.30.1": ("3.11", ["numpy<2", "pandas<2", "scikit-learn==1.2.2", "setuptools<70", "xgboost-cpu==2.1.4"]),
    "2.22.1": ("3.11", ["scikit-learn==1.6.1", "xgboost-cpu==2.1.4"]),
    "3.17.2": ("3.11", ["scikit-learn==1.7.2", "skops==0.13.0", "xgboost-cpu==3.0.5"]),
}
AUTHOR = "/home/author/project"


def main() -> None:
    """Make all folders anew, or those of the releases that are named."""
    uv = shutil.which("uv") or sys.exit("uv is not on the PATH.")
    for release in sys.argv[1:] or RELEASES:
        version, beside = RELEASES[release]
        with tempfile.TemporaryDirectory() as place:
            python = Path(place) / "env" / "bin" / "python"
            subprocess.run([uv, "venv", "-q", "--python", version, str(python.parent.parent)], check=True)
            packages = [f"mlflow=={release}", *beside]
            subprocess.run([uv, "pip", "install", "-q", "--python", str(python), *packages], check=True)
            work = Path(place) / "work"
            work.mkdir()
            for code in ("golden_scale.py", "golden_loader.py"):
                shutil.copy(HERE / code, work)
            subprocess.run([str(python), str(HERE / "write.py")], check=True, cwd=work)
            target = HERE / "models" / release
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(work / "models", target, ignore=shutil.ignore_patterns("__pycache__"))
            for file in target.rglob("MLmodel"):  # some releases write down where the code was
                file.write_text(file.read_text().replace(str(work), AUTHOR))
            print(release, sum(file.stat().st_size for file in target.rglob("*") if file.is_file()), "bytes")


if __name__ == "__main__":
    main()
