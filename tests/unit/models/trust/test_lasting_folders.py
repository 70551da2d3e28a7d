"""Temporary folders that last as long as a process, and no longer."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]


def test_a_folder_is_there_until_the_process_ends_whatever_its_forks_do(tmp_path: Path) -> None:
    script = """
        import os, sys
        from modelyard.models.trust.folders import lasting_folder
        folder = lasting_folder()
        (folder / "inner").mkdir()
        (folder / "inner" / "file").write_text("x")
        child = os.fork()
        if child == 0:
            sys.exit()
        os.waitpid(child, 0)
        print(folder, (folder / "inner" / "file").read_text(), oct(folder.stat().st_mode & 0o777))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tmp_path)},
    )
    folder, content, mode = done.stdout.split()
    assert (content, mode) == ("x", "0o700")
    assert Path(folder).parent == tmp_path
    assert list(tmp_path.iterdir()) == []
