"""The build of what browsers need."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import ROOT


@pytest.fixture(scope="module")
def build() -> Any:
    spec = importlib.util.spec_from_file_location("ui_build", ROOT / "ui" / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_exports_of_the_module_become_one_name(build: Any) -> None:
    module = (
        "var a=1,b=2,c=3;export{a as InferenceSession,b as Tensor,c as env,c as default};\n//# sourceMappingURL=x.map\n"
    )
    assert build._as_block(module) == "var a=1,b=2,c=3;\nconst ort = { InferenceSession: a, Tensor: b, env: c };\n"


@pytest.mark.parametrize("module", ["var a=1;", "'</script>';export{a as env};"])
def test_a_module_of_another_form_is_refused(build: Any, module: str) -> None:
    with pytest.raises(build.BuildError, match="not of the form"):
        build._as_block(module)


def test_a_file_of_another_digest_is_refused(build: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"these bytes")
    digest = hashlib.sha256(b"these bytes").hexdigest()
    assert build._checked(tmp_path, "file", digest) == b"these bytes"
    with pytest.raises(build.BuildError, match=f"has the digest {digest}"):
        build._checked(tmp_path, "file", "0" * 64)
