"""The spare process: its verdicts are those of a process of its own, and it is gone when nobody needs it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelyard.models.flavor import Flavor
from modelyard.models.flavors.python_function import PythonFunctionFlavor
from modelyard.models.flavors.sklearn import SklearnFlavor
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from modelyard.models.spare import LONGEST_MESSAGE, SPARE, Ended, Order
from modelyard.models.spare_process import Server
from modelyard.models.verdict import Verdict
from modelyard.models.verify import clean_environment, expect, verify
from tests.support.waiting import LIMIT, wait_for

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="there is no spare process on this system")
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This test's own keys."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MODELYARD_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """No spare process before a test, and none after it."""
    SPARE.end()
    yield
    SPARE.end()


def saved(folder: Path, obj: Any, flavor: Flavor, **options: Any) -> Path:
    given = {"verify": False, "signature": False, "input_example": ["a", "b"], **options}
    return save_model(obj, folder / "m", flavor=flavor, options=SaveOptions(**given)).folder


def code(folder: Path, predict: str) -> Path:
    """A saved model of code whose predict function has this body."""
    file = folder / "code.py"
    body = textwrap.indent(textwrap.dedent(predict).strip(), " " * 4)
    file.write_text(
        f"import os, signal, sys, time\nfrom modelyard.models import set_model\n\n\n"
        f"def predict(model_input):\n{body}\n    return model_input\n\n\nset_model(predict)\n"
    )
    return saved(folder, str(file), PythonFunctionFlavor())


def afresh(folder: Path) -> Path:
    """A copy that nobody loaded yet: Python writes what it compiles beside a model's code."""
    return shutil.copytree(folder, Path(tempfile.mkdtemp(dir=folder.parent)) / "m")


def by_spare(folder: Path, flavor: str = "python_function", seconds: float = LIMIT) -> Verdict:
    """The verdict of a child of the spare process: it is checked that it was one."""
    expect(flavor)
    pid = SPARE.pid
    assert pid is not None
    before = _children_waited_for(pid)
    found = verify(afresh(folder), seconds=seconds, flavor=flavor)
    assert SPARE.pid == pid
    assert _children_waited_for(pid) > before, "it was verified by a process of its own"
    return found


def test_a_model_has_the_verdict_that_a_process_of_its_own_gives(tmp_path: Path) -> None:
    folder = code(tmp_path, "import msgspec, json")
    one, other = by_spare(folder), verify(afresh(folder))
    assert (one.status, one.message, one.predicted) == ("passed", "", True)
    assert (other.status, other.message) == ("passed", "")
    assert one.modules == other.modules == ["msgspec"]
    assert one.python == other.python


def test_what_is_imported_already_is_among_the_modules_of_a_model_that_uses_it(tmp_path: Path) -> None:
    linear_model, pandas = pytest.importorskip("sklearn.linear_model"), pytest.importorskip("pandas")
    estimator = linear_model.LinearRegression().fit(pandas.DataFrame({"a": [1.0, 2.0, 3.0]}), [1.0, 2.0, 3.0])
    options = {"input_example": pandas.DataFrame({"a": [1.0]}), "signature": None}
    for form in ("skops", "cloudpickle"):
        folder = saved(tmp_path / form, estimator, SklearnFlavor(serialization_format=form), **options)
        one, other = by_spare(folder, "sklearn"), verify(afresh(folder))
        assert (one.status, one.message, one.predicted) == ("passed", "", True)
        assert one.modules == other.modules
        assert one.load_seconds is not None
        assert one.load_seconds > 0.1, "importing scikit-learn is a part of loading, whoever did it"
    assert "sklearn" in one.modules
    named = code(tmp_path, "import numpy, pandas, sklearn.linear_model")
    assert by_spare(named).modules == verify(afresh(named)).modules == ["numpy", "pandas", "sklearn"]


def test_a_child_is_as_clean_as_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = ("MLFLOW_TRACKING_URI", "MODELYARD_TOKEN", "AWS_SECRET_ACCESS_KEY", "PYTHONPATH")
    for name in (*hidden, "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    folder = code(
        tmp_path,
        f"""
        seen = [name for name in {hidden!r} if name in os.environ]
        assert not seen, seen
        assert os.environ["OMP_NUM_THREADS"] == "1"
        assert "JE_ARROW_MALLOC_CONF" not in os.environ
        assert os.listdir() == [] and sys.flags.isolated
        assert os.getsid(0) == os.getpid()
        assert {str(ROOT)!r} not in sys.path and "pytest" not in sys.modules
        links = [os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
        assert not [link for link in links if os.path.islink(link) and os.readlink(link).startswith("socket:")]
        """,
    )
    found = by_spare(folder)
    assert (found.status, found.message) == ("passed", "")


def test_one_model_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first = code(tmp_path / "one", "import json\njson.seen = os.environ['SEEN'] = '1'")
    second = code(tmp_path / "two", "import json\nassert not hasattr(json, 'seen') and 'SEEN' not in os.environ")
    assert by_spare(first).status == "passed"
    assert by_spare(second).message == ""


def test_a_model_that_ends_its_process_fails_as_ever_and_the_next_passes(tmp_path: Path) -> None:
    for number, (body, message) in enumerate(
        [
            ("os._exit(0)", "The clean process ended with code 0."),
            ("os.kill(os.getpid(), signal.SIGKILL)", "The clean process was killed by the signal SIGKILL."),
            ("os.write(2, b'out of wine')\nos._exit(7)", "The clean process ended with code 7. out of wine"),
            ("raise ValueError('not what I eat')", "ValueError: not what I eat"),
            ("print('x' * 5_000_000)", ""),
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert by_spare(code(folder, body)).message == message


def test_a_model_that_takes_too_long_is_killed_with_what_it_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    folder = code(tmp_path, f"import subprocess\nos.system('sleep 3600 & echo $! > {child}')\ntime.sleep(3600)")
    found = by_spare(folder, seconds=3)
    assert (found.status, found.message) == ("failed", "It did not load and predict within 3 s.")
    if child.is_file() and child.read_text().strip():
        wait_for(lambda: _is_gone(int(child.read_text())))


def test_what_a_model_does_at_exit_is_done(tmp_path: Path) -> None:
    left = tmp_path / "left"
    folder = code(tmp_path, f"import atexit\natexit.register(open, {str(left)!r}, 'w')")
    assert by_spare(folder).status == "passed"
    assert left.is_file()


def test_a_spare_process_that_died_is_replaced(tmp_path: Path) -> None:
    folder = code(tmp_path, "pass")
    assert by_spare(folder).status == "passed"
    first = SPARE.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert verify(afresh(folder), flavor="python_function").status == "passed", "it is verified all the same"
    wait_for(lambda: _is_gone(first))
    assert by_spare(folder).status == "passed"
    assert SPARE.pid != first


def test_other_variables_want_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = code(tmp_path, "assert os.environ.get('FLAVOUR') == 'salt', os.environ.get('FLAVOUR')")
    expect("python_function")
    monkeypatch.setenv("FLAVOUR", "salt")
    assert verify(afresh(folder), flavor="python_function").message == "", "not by the one that was begun without it"
    first = SPARE.pid
    assert by_spare(folder).message == ""
    assert SPARE.pid != first


def test_several_threads_do_not_wait_for_each_other(tmp_path: Path) -> None:
    folder = code(tmp_path, "pass")
    expect("python_function")
    found: list[Verdict] = []
    threads = [
        threading.Thread(target=lambda: found.append(verify(afresh(folder), flavor="python_function")))
        for _ in range(3)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [each.status for each in found] == ["passed"] * 3


def test_flavors_that_take_no_time_or_start_threads_have_none() -> None:
    expect("tensorflow")
    assert SPARE.pid is None


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "sys.exit(3)", "raise SystemExit(3)"])
def test_it_does_not_outlive_who_began_it(tmp_path: Path, end: str) -> None:
    script = f"""
        import os, sys
        from modelyard.models.spare import SPARE
        from modelyard.models.verify import expect
        expect("python_function")
        print(SPARE.pid, flush=True)
        {end}
    """
    done = _script(script, tmp_path)
    wait_for(lambda: _is_gone(int(done.stdout)))
    assert done.returncode in (-9, 3)
    assert done.stderr == ""


def test_a_fork_leaves_it_to_its_parent_and_does_not_keep_it(tmp_path: Path) -> None:
    folder = code(tmp_path, "pass")
    script = f"""
        import os, signal, sys, time
        from pathlib import Path
        from modelyard.models.spare import SPARE
        from modelyard.models.verify import expect, verify
        expect("python_function")
        parents = SPARE.pid
        child = os.fork()
        if child == 0:
            assert SPARE.pid is None
            expect("python_function")
            assert SPARE.pid != parents
            verdict = verify(Path({str(afresh(folder))!r}), flavor="python_function")
            sys.exit(0 if verdict.status == "passed" else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert SPARE.pid == parents
        assert verify(Path({str(afresh(folder))!r}), flavor="python_function").status == "passed"
        assert SPARE.pid == parents
        lingers = os.fork()
        if lingers == 0:
            time.sleep(3600)
        print(parents, lingers, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    spare, lingers = map(int, _script(script, tmp_path).stdout.split())
    try:
        wait_for(lambda: _is_gone(spare))
    finally:
        os.kill(lingers, signal.SIGKILL)


def test_it_does_not_fork_when_it_has_threads(tmp_path: Path) -> None:
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.send(msgspec.json.encode(Order("python_function", [], ["folder", "digest", "report"], str(tmp_path))))
        assert Server(theirs).serve() is None
        assert msgspec.json.decode(ours.recv(LONGEST_MESSAGE), type=Ended) == Ended(forked=False)
    release.set()
    thread.join()


def test_it_ends_when_nobody_asks() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        assert Server(theirs, idle_seconds=0.0).serve() is None
        ours.close()
        assert Server(theirs).serve() is None


def _script(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script that leaves its children: its output goes to files, which they cannot keep open for the reader."""
    out, err = folder / "out", folder / "err"
    with out.open("w") as stdout, err.open("w") as stderr:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(text)],
            check=False,
            stdout=stdout,
            stderr=stderr,
            env={
                **clean_environment(),
                "PYTHONPATH": str(ROOT / "src"),
                "MODELYARD_HOME": os.environ["MODELYARD_HOME"],
            },
        )
    return subprocess.CompletedProcess(done.args, done.returncode, out.read_text(), err.read_text())


def _children_waited_for(pid: int) -> int:
    """Page faults of the children that a process has waited for: they grow with each child."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[8])


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
