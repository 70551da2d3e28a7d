"""A folder that is all a container needs to serve one model: the model, this package, what both require, and how to start."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from modelyard.core.errors import InvalidParameter
from modelyard.environments.code import package_home
from modelyard.environments.requirements import OWN, named, version_here
from modelyard.models import environment
from modelyard.models.environments import LOADER, needed
from modelyard.serving.admission import admit_model

_SERVER = ("httptools", "uvloop", "zstandard")
_PORT = 8080

_START = """\
#!/bin/sh
# Serves the model of this folder, with Python and what requirements.txt lists. PYTHON names the interpreter; options are those of
# 'modelyard models serve', such as --port or --workers.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
cd "$here" || exit 1
exec "${{PYTHON:-python3}}" -m modelyard models serve -m "$here/model" --trust {digest} --env-manager local --port {port} "$@"
"""
_DOCKERFILE = """\
FROM python:{python}-slim
WORKDIR /srv/model
COPY {lists} ./
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
USER nobody
EXPOSE {port}
HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:{port}/ping', timeout=5)"]
# Whoever reaches the port is answered: who that is, is decided where the port is published.
ENTRYPOINT ["./start.sh", "--host", "0.0.0.0", "--insecure-no-auth"]
"""


def build_context(model: Path, out: Path, *, trust: str | None = None) -> None:
    """Write the folder ``out``, which appears whole or not at all.

    The model is one that may be loaded here; its digest is written into the start script, so the container serves these
    files and no others. Raises ``InvalidParameter`` when ``out`` is there already, and what ``admit_model`` raises.
    """
    if os.path.lexists(out):
        raise InvalidParameter(f"{os.fspath(out)!r} exists; name a new folder.")
    folder, digest = admit_model(model, trust=trust)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".context-", dir=out.parent, ignore_cleanup_errors=True) as name:
        place = Path(name) / "context"
        place.mkdir()
        shutil.copytree(folder, place / "model")
        shutil.copytree(Path(package_home(), OWN), place / OWN, ignore=shutil.ignore_patterns("__pycache__"))
        lists = list(_write_lists(folder, place))
        start = place / "start.sh"
        start.write_text(_START.format(digest=digest, port=_PORT), encoding="utf-8")
        start.chmod(0o755)
        python = f"{sys.version_info[0]}.{sys.version_info[1]}"
        recipe = _DOCKERFILE.format(python=python, port=_PORT, lists=" ".join(lists))
        (place / "Dockerfile").write_text(recipe, encoding="utf-8")
        os.rename(place, out)


def _write_lists(folder: Path, place: Path) -> Iterator[str]:
    """The requirements of the model, and those of the server in the versions that run here."""
    lines = needed(folder)
    listed = {named(line) for line in lines}
    own = sorted({named(line) for line in LOADER}.union(_SERVER) - listed)
    pinned = [f"{name}=={version}" if (version := version_here(name)) else name for name in own]
    text = "".join(f"{line}\n" for line in (*lines, *pinned))
    (place / environment.REQUIREMENTS).write_text(text, encoding="utf-8")
    yield environment.REQUIREMENTS
    if (folder / environment.CONSTRAINTS).is_file():
        shutil.copyfile(folder / environment.CONSTRAINTS, place / environment.CONSTRAINTS)
        yield environment.CONSTRAINTS
