"""What the process of a model cannot do (C9): tried by a process that confines itself as a worker does."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelyard.serving.confine import environment, secrets
from tests.support.processes import ROOT
from tests.support.waiting import wait_for

CONFINED = """
import ctypes, json, os, resource, socket, subprocess, sys, time
from modelyard.serving.confine import Confinement, confine
given = json.loads(sys.argv[1])
given["hidden"] = tuple(given["hidden"])
missing = confine(Confinement(parent=os.getppid(), **given))

def tried(what):
    try:
        return str(what())
    except Exception as error:
        return type(error).__name__

def tell(found):
    print(json.dumps(found), flush=True)

def opened(path):
    with open(path, "w") as file:
        file.write("x")
    return "written"
"""


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def start(code: str, scratch: Path, *, before: str = "", **given: Any) -> subprocess.Popen[str]:
    words = {"scratch": str(scratch), "hidden": [], **given}
    return subprocess.Popen(
        [sys.executable, "-c", before + CONFINED + code, json.dumps(words)],
        env={**environment(str(scratch)), "PYTHONPATH": str(ROOT / "src")},
        cwd=scratch,
        stdout=subprocess.PIPE,
        text=True,
    )


def run(code: str, scratch: Path, **given: Any) -> Any:
    with start(code, scratch, **given) as process:
        told = process.communicate(timeout=60)[0]
    assert process.returncode == 0
    return json.loads(told)


def test_nothing_is_missing_where_the_system_gives_everything(scratch: Path) -> None:
    found = run("tell([missing, oct(os.umask(0)), resource.getrlimit(resource.RLIMIT_CORE)])", scratch)
    if found[0]:
        pytest.skip(f"this system confines less: {found[0]}")
    assert found == [[], "0o77", [0, 0]]


def test_a_port_of_loopback_is_out_of_reach_unless_the_network_was_asked_for(scratch: Path) -> None:
    code = 'tell(tried(lambda: socket.create_connection(("127.0.0.1", {port}), timeout=5).recv(5)))'
    with socket.create_server(("127.0.0.1", 0)) as canary:
        port = canary.getsockname()[1]
        assert run(code.format(port=port), scratch) in ("PermissionError", "OSError")
        canary.settimeout(0.05)
        with pytest.raises(TimeoutError):
            canary.accept()
        canary.settimeout(60)
        with start(code.format(port=port), scratch, network=True) as process:
            client, _ = canary.accept()
            with client:
                client.sendall(b"hello")
            assert json.loads(process.communicate(timeout=60)[0]) == "b'hello'"


def test_datagrams_and_abstract_sockets_go_nowhere_either(scratch: Path) -> None:
    code = """
datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
local = socket.socket(socket.AF_UNIX)
tell([tried(lambda: datagram.sendto(b"x", ("127.0.0.1", 9))), tried(lambda: local.connect("\\0canary-" + os.environ["HOME"]))])
"""
    with socket.socket(socket.AF_UNIX) as canary:
        canary.bind(f"\0canary-{scratch}")
        canary.listen()
        datagram, local = run(code, scratch)
    assert datagram == "OSError"
    assert local in ("ConnectionRefusedError", "PermissionError")


def test_the_variables_are_those_on_the_list(scratch: Path) -> None:
    given = {
        "AWS_SECRET_ACCESS_KEY": "canary",
        "MLFLOW_TRACKING_PASSWORD": "canary",
        "MODELYARD_HOME": "canary",
        "GITHUB_TOKEN": "canary",
        "TF_VAR_password": "canary",
        "HOME": "/home/somebody",
        "PATH": "/bin",
        "OMP_NUM_THREADS": "2",
        "LC_ALL": "C.UTF-8",
    }
    kept = environment(str(scratch), given)
    assert "canary" not in kept.values()
    assert (kept["PATH"], kept["OMP_NUM_THREADS"], kept["LC_ALL"]) == ("/bin", "2", "C.UTF-8")
    assert {kept[name] for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")} == {str(scratch)}
    before = "import os; os.environ.update(AWS_SECRET_ACCESS_KEY='canary', MLFLOW_TRACKING_TOKEN='canary')\n"
    with start("tell(dict(os.environ))", scratch, before=before) as process:
        assert "canary" not in process.communicate(timeout=60)[0]


def test_only_the_scratch_folder_can_be_written_to(scratch: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.bin"
    model.write_text("weights")
    code = f"""
model = {str(model)!r}
tell([
    tried(lambda: opened("mine")),
    tried(lambda: opened(model)),
    tried(lambda: opened(model + ".new")),
    tried(lambda: os.unlink(model)),
    tried(lambda: os.truncate(model, 0)),
    tried(lambda: os.rename("mine", model)),
    tried(lambda: os.chmod("/", 0o777)) if os.getuid() else "PermissionError",
    tried(lambda: open(model).read()),
    tried(lambda: subprocess.run(["sh", "-c", "echo x > " + model], stderr=subprocess.DEVNULL).returncode),
])
"""
    found = run(code, scratch)
    refused = ("PermissionError", "OSError")
    assert found[0] == "written"
    assert all(each in refused for each in found[1:7]), found
    assert found[7] == "weights"
    assert found[8] != "0"
    assert model.read_text() == "weights"
    assert os.listdir(scratch) == ["mine"]
    assert (scratch / "mine").stat().st_mode & 0o077 == 0


def test_credentials_are_empty_and_stay_so(scratch: Path, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    (folder / ".aws").mkdir(parents=True)
    (folder / ".aws" / "credentials").write_text("canary")
    (folder / "machine.key").write_text("canary")
    code = f"""
folder = {str(folder)!r}
libc = ctypes.CDLL(None)
undone = [libc.umount2((folder + each).encode(), 2) for each in ("/.aws", "/machine.key")]
undone.append(libc.unshare(0x10020000))  # a user and mounts of its own once more
undone += [libc.umount2((folder + each).encode(), 2) for each in ("/.aws", "/machine.key")]
tell([os.listdir(folder + "/.aws"), open(folder + "/machine.key").read(), missing, undone])
"""
    hidden = [str(folder / ".aws"), str(folder / "machine.key")]
    listed, key, missing, undone = run(code, scratch, hidden=hidden)
    if missing:
        pytest.skip(f"this system confines less: {missing}")
    assert (listed, key) == ([], "")
    assert undone[:2] == undone[3:] == [-1, -1]


def test_what_is_hidden_is_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, yard = tmp_path / "home", tmp_path / "yard"
    (home / ".ssh").mkdir(parents=True)
    (home / ".netrc").write_text("")
    (home / "work").mkdir()
    yard.mkdir()
    for name in ("machine.key", "trust.toml"):
        (yard / name).write_text("")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MODELYARD_HOME", str(yard))
    assert set(secrets()) == {str(home / ".ssh"), str(home / ".netrc"), str(yard / "machine.key")}


def test_memory_and_files_have_an_end(scratch: Path) -> None:
    code = """
def large():
    with open("large", "wb") as file:
        file.truncate(2 << 30)
tell([tried(lambda: len(bytearray(1 << 30))), tried(lambda: len(bytearray(1 << 20))), tried(large)])
"""
    assert run(code, scratch, memory=600_000_000) == ["MemoryError", "1048576", "OSError"]


def test_no_privilege_can_be_had(scratch: Path) -> None:
    code = """
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines())
tell([status["NoNewPrivs"], status["CapEff"], status["CapPrm"], status["CapBnd"], status["Uid"].split()[1]])
"""
    *_, user = found = run(code, scratch)
    assert found[0] == "1"
    assert {int(each, 16) for each in found[1:4]} == {0}
    assert int(user) == os.geteuid()


def test_other_processes_can_be_neither_signalled_nor_read(scratch: Path) -> None:
    code = """
front = os.getppid()
tell([
    tried(lambda: os.kill(front, 0)),
    tried(lambda: open(f"/proc/{front}/environ").read()),
    tried(lambda: open(f"/proc/{front}/mem")),
])
"""
    signalled, *read = run(code, scratch)
    assert read == ["PermissionError", "PermissionError"]
    if signalled != "PermissionError":
        pytest.skip("this system's Landlock does not know signals yet")


def test_it_ends_with_its_parent(scratch: Path) -> None:
    code = """
import json, os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]], stdout=subprocess.PIPE, text=True)
print(child.stdout.readline().strip(), flush=True)
time.sleep(600)
"""
    confined = CONFINED + "tell(os.getpid()); time.sleep(600)"
    words = json.dumps({"scratch": str(scratch), "hidden": []})
    with subprocess.Popen(
        [sys.executable, "-c", code, confined, words],
        env={**environment(str(scratch)), "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait(60)
        wait_for(lambda: is_gone(child))


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_one_whose_parent_is_gone_already_does_not_begin(scratch: Path) -> None:
    code = CONFINED.replace("parent=os.getppid()", "parent=1 << 22") + "tell('began')"
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps({"scratch": str(scratch), "hidden": []})],
        env={**environment(str(scratch)), "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")


NO_SPACES = """
import ctypes, os
from pathlib import Path
user, group = os.getuid(), os.getgid()
if ctypes.CDLL(None).unshare(0x10000000):
    print('"no user spaces here"', flush=True)
    os._exit(0)
for file, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
    Path("/proc/self", file).write_text(text)
Path("/proc/sys/user/max_user_namespaces").write_text("0")
Path("/proc/sys/user/max_net_namespaces").write_text("0")
Path("/proc/sys/user/max_mnt_namespaces").write_text("0")
"""


def test_where_the_system_gives_no_spaces_it_is_said_and_tcp_is_refused_all_the_same(scratch: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        port = canary.getsockname()[1]
        code = f'tell([missing, tried(lambda: socket.create_connection(("127.0.0.1", {port}), timeout=5))])'
        with start(code, scratch, before=NO_SPACES) as process:
            found = json.loads(process.communicate(timeout=60)[0])
    if isinstance(found, str):
        pytest.skip(found)
    missing, connected = found
    assert len(missing) == 2
    assert "datagrams" in missing[0]
    assert "credentials" in missing[1]
    assert connected == "PermissionError"
