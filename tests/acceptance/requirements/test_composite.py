"""Requirements S0.5 to S0.34: a predict function with its models and its code, saved under a run and loaded elsewhere."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.requirements.conftest import Session
from tests.support.processes import ROOT

pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")

EXAMPLE = ROOT / "examples" / "composite"

SEED = {
    "download_file.py": """
        '''DOCMARK of a module.'''
        import utils, get_print
        def download_story():
            # COMMENTMARK
            get_print.say("story")
            return utils.tidy("  a story  ")
    """,
    "utils.py": "def tidy(text):\n    '''DOCMARK of a function.'''\n    return text.strip()\n",
    "get_print.py": "import intermediate_module as between\nSAID = []\ndef say(text): SAID.append(between.mark(text))\n",
    "intermediate_module.py": "from sub_folder.sub_sub_folder import is_sub\ndef mark(text): return is_sub.mark(text)\n",
    "sub_folder/sub_sub_folder/is_sub.py": "def mark(text): return [__name__, text]\n",
    "evil.py": "import sys; open('marker', 'w').close(); sys.exit(3)\n",
    "venv/lib/python/evil_too.py": "import sys; open('marker', 'w').close(); sys.exit(3)\n",
}
BEGIN = """
from modelyard import cloudflow
cloudflow.prepare_env(sys.argv[1], sys.argv[2])
def save(function, models, run_id=None, **options):
    if run_id is None:
        with mlflow.start_run(experiment_id=sys.argv[2]) as run: run_id = run.info.run_id
    cloudflow.cloudflow_model(**options).save(tracking_uri=sys.argv[1], experiment_id=sys.argv[2], run_id=run_id,
                                              predict_function=function, models=models)
    return run_id
"""
LOAD = """
from modelyard import cloudflow
cloud = cloudflow.cloudflow_model()
model = cloud.load_model(tracking_uri=sys.argv[1], experiment_id=sys.argv[2], run_id=sys.argv[3])
"""
ERROR = """
def error(call, *args, **given):
    try: call(*args, **given)
    except Exception as caught: return [type(caught).__name__, isinstance(caught, TypeError), str(caught)]
"""


class Author:
    """Somebody with a project, and somebody else with only the store."""

    def __init__(self, session: Session, name: str, tmp_path: Path) -> None:
        self.session = session
        self.name = name
        self._home = str(tmp_path / "home")
        self._elsewhere = tmp_path / "elsewhere"
        self._elsewhere.mkdir()

    def write(self, files: dict[str, str]) -> None:
        """Put files into the project."""
        for path, text in files.items():
            lines = text.strip("\n").splitlines()
            indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
            file = self.session.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(f"{line[indent:]}\n" for line in lines))

    def save(self, script: str, **environment: str) -> Any:
        """Run a script of the project."""
        return self.session.run(BEGIN + script, self.session.uri, self.name, MODELYARD_HOME=self._home, **environment)

    def load(self, run_id: str, script: str, uri: str = "") -> Any:
        """Delete the project, then load and predict in a folder that knows nothing of it."""
        shutil.rmtree(self.session.folder)
        self.session.folder.mkdir()
        there = Session(uri or self.session.uri, self._elsewhere, self.session.store)
        return there.run(LOAD + ERROR + script, there.uri, self.name, run_id, MODELYARD_HOME=self._home)

    def bundle(self, run_id: str) -> Path:
        """The folder of the model that was saved under a run."""
        (output,) = self.session.client.get_run(run_id).outputs.model_outputs
        found = sorted(self.session.store.glob(f"artifacts/*/models/{output.model_id}/artifacts"))
        return found[0]


@pytest.fixture
def author(session: Session, name: str, tmp_path: Path) -> Author:
    """An author whose store is a folder, or a server."""
    return Author(session, name, tmp_path)


@pytest.fixture
def alone(tmp_path: Path, name: str) -> Author:
    """An author whose store is a folder with a space in its path."""
    folder = tmp_path / "my project"
    folder.mkdir()
    return Author(Session(str(tmp_path / "my store"), folder, tmp_path / "my store"), name, tmp_path)


def test_one_model_of_many_under_a_run(author: Author) -> None:
    """S0.5, S0.6, S0.7, S0.12, S0.16, S0.22, S0.23, S0.35: four models and five modules, loaded where the code is not."""
    author.write(SEED)
    told = author.save("""
import download_file
class Plain:
    '''DOCMARK of a class.'''
    def __init__(self, factor): self.factor = factor
    def times(self, number): return number * self.factor
def make(number): return lambda other: number + other
def predict(kind, plain, function, closure, builtin, number=2, *, data=None):
    '''DOCMARK of the function.'''
    if kind == "story":
        import get_print
        return [download_file.download_story(), get_print.SAID]
    return [plain.times(number), function(number), closure(number), builtin(data or [])]
models = {"plain": Plain(3), "function": lambda number: -number, "closure": make(10), "builtin": len}
with mlflow.start_run(experiment_id=sys.argv[2]) as other: pass
with mlflow.start_run(experiment_id=sys.argv[2]) as active:
    saved = save(predict, models, other.info.run_id)
import os
tell([saved, active.info.run_id, os.path.exists("marker")])
""")
    run_id, active, marker = told
    assert not marker
    client = author.session.client
    assert len(client.get_run(run_id).outputs.model_outputs) == 1
    assert client.get_run(active).outputs is None or not client.get_run(active).outputs.model_outputs
    content = b"".join(file.read_bytes() for file in author.bundle(run_id).rglob("*") if file.is_file())
    for mark in (b"DOCMARK", b"COMMENTMARK", str(author.session.folder).encode(), b"evil", b"return", b"train.py"):
        assert mark not in content, mark
    assert author.load(run_id, "tell([cloud.predict(kind='story'), cloud.predict(kind='', number=5, data=[1])])") == [
        ["a story", [["sub_folder.sub_sub_folder.is_sub", "story"]]],
        [15, -5, 15, 1],
    ]


def test_small_parts_are_stored_once_per_store(alone: Author) -> None:
    """Issue 3: equal parts of two composite models are one file on the disk, however small they are."""
    runs = alone.save("""
class Plain:
    def __init__(self, factor): self.factor = factor
def predict(plain, closure): return closure(plain.factor)
def make(number): return lambda other: number + other
tell([save(predict, {"plain": Plain(3), "closure": make(10)}) for _ in range(2)])
""")
    parts = [
        {path.relative_to(bundle): path.stat() for path in bundle.glob("**/parts/**/*") if path.is_file()}
        for bundle in map(alone.bundle, runs)
    ]
    assert parts[0].keys() == parts[1].keys()
    assert len(parts[0]) >= 2
    for path, facts in parts[0].items():
        assert 0 < facts.st_size < 4096, path
        assert facts.st_ino == parts[1][path].st_ino, path


def test_the_moved_store_is_all_that_is_needed(alone: Author, tmp_path: Path) -> None:
    """S0.21, S0.26, S0.27: loaded by position, by name and by the older name, from a copy of the store."""
    alone.write({"helper.py": "def double(x): return 2 * x\n"})
    run_id = alone.save("import helper\ntell(save(lambda x, m: m(helper.double(x)), {'m': str}))")
    shutil.copytree(alone.session.store, tmp_path / "other")
    shutil.rmtree(alone.session.store)
    script = """
again = cloudflow.cloudflow_model()
by_position = again.load_model(*sys.argv[1:4])
older = cloudflow.cloudflow_model().load_model(tracking_uri=sys.argv[1], experiment_id=sys.argv[2], model_id=sys.argv[3])
tell([model is not None, model.predict(x=2), again.predict(x=3), by_position.predict(x=4), older.predict(x=5)])
"""
    assert alone.load(run_id, script, str(tmp_path / "other")) == [True, "4", "6", "8", "10"]


def test_keys_that_are_no_parameters_are_refused(alone: Author) -> None:
    """S0.8, S0.11, S0.36: the key and the closest parameter are named, nothing is evaluated, nothing is left."""
    told = alone.save(
        ERROR
        + """
import threading
with mlflow.start_run(experiment_id=sys.argv[2]) as run: pass
def predict(sentiment_model, text): return text
hijack = "x; open('marker', 'w')"
errors = [error(save, predict, {key: value}, run.info.run_id)
          for key, value in (("sentimnt_model", 1), ("class", 1), (hijack, 1), ("sentiment_model", threading.Lock()))]
import os
tell([run.info.run_id, errors, os.path.exists("marker")])
"""
    )
    run_id, errors, marker = told
    (close, keyword, hijack, lock), names = errors, [each[0] for each in errors]
    assert names == ["InvalidParameter"] * 4 and not marker
    assert "'sentimnt_model'" in close[2] and "did you mean 'sentiment_model'?" in close[2]
    assert "'class'" in keyword[2] and "open('marker', 'w')" in hijack[2]
    assert "The model 'sentiment_model' cannot be saved" in lock[2] and "lock" in lock[2]
    run = alone.session.client.get_run(run_id)
    assert run.outputs is None or not run.outputs.model_outputs
    assert not list(alone.session.store.glob("artifacts/*/models/*")) and not alone.session.client.list_artifacts(
        run_id
    )


def test_parameters_of_every_shape(alone: Author) -> None:
    """S0.9, S0.10, S0.11: models stand anywhere; keyword-only, positional-only, *args, **kwargs and odd names work."""
    run_id = alone.save("""
def predict(a, save, /, b=2, *rest, self, predict, **more): return [a, save, b, list(rest), self, predict, more]
tell(save(predict, {"save": "one", "self": "two"}))
""")
    told = alone.load(run_id, "tell([cloud.predict(a=1, predict=3, x=9), model.predict(1, 5, 6, predict=3)])")
    assert told == [[1, "one", 2, [], "two", 3, {"x": 9}], [1, "one", 5, [6], "two", 3, {}]]


@pytest.mark.parametrize("packages", [False, True], ids=["folders", "packages"])
def test_folders_in_folders_keep_their_names(alone: Author, packages: bool) -> None:
    """S0.13, S0.14: side by side and two deep, with and without __init__.py; aliases, relative imports, code in it."""
    alone.write(
        {
            "a/b/y.py": "from ..c import z as other\nimport a.c.z as q\ndef name(): return [__name__, other.name(), q.name()]\n",
            "a/c/z.py": "def name(): return __name__\n",
            "d/w.py": "def name(): return __name__\n",
        }
    )
    if packages:
        init = "def inside(): return __name__\nfrom .b import y as yy\n"
        alone.write({"a/__init__.py": init, "a/b/__init__.py": "", "a/c/__init__.py": "", "d/__init__.py": ""})
    inside = "a.inside()" if packages else "'a'"
    run_id = alone.save(f"""
import a.b.y, a.c.z as z
from d.w import name as w
import a
def predict(): return [a.b.y.name(), z.name(), w(), {inside}]
tell(save(predict, {{}}))
""")
    assert alone.load(run_id, "tell(cloud.predict())") == [["a.b.y", "a.c.z", "a.c.z"], "a.c.z", "d.w", "a"]


def test_late_imports_are_found(alone: Author) -> None:
    """S0.15: what a function of the script, or one of its modules, imports when it is called."""
    alone.write(
        {"helper.py": "def g(x):\n    import deeper\n    return deeper.h(x)\n", "deeper.py": "def h(x): return x + 1\n"}
    )
    run_id = alone.save("def predict(x):\n    import helper\n    return helper.g(x)\ntell(save(predict, {}))")
    assert alone.load(run_id, "tell(cloud.predict(x=1))") == 2


def test_saving_changes_nothing_in_the_process(alone: Author) -> None:
    """S0.17: modules, import path, root logger, working directory, cloudpickle's registry, classes."""
    alone.write({"kinds.py": "class Kind: pass\n", "late.py": "VALUE = 1\n"})
    run_id, same, still = alone.save("""
import logging, os, cloudpickle, kinds
made = kinds.Kind()
def predict(m):
    import late
    return [type(m).__name__, late.VALUE]
def state():
    root = logging.getLogger()
    return [{name: id(module) for name, module in sys.modules.items() if not name.startswith(("modelyard", "encodings"))},
            list(sys.path), root.level, list(root.handlers), os.getcwd(), set(cloudpickle.list_registry_pickle_by_value())]
save(predict, {"m": made})  # what modelyard and its own libraries import when they are first used is here now
before = state()
run_id = save(predict, {"m": made})
tell([run_id, state() == before, isinstance(made, sys.modules["kinds"].Kind)])
""")
    assert same and still
    assert alone.load(run_id, "tell(cloud.predict())") == ["Kind", 1]


def test_files_go_along_on_request(alone: Author) -> None:
    """S0.18: a module that reads a file beside it finds it."""
    alone.write(
        {
            "pkg/reader.py": "import os\ndef read(): return open(os.path.join(os.path.dirname(__file__), 'words.txt')).read()\n"
        }
    )
    alone.write({"pkg/words.txt": "words"})
    run_id = alone.save("""
from modelyard import composite
from pkg.reader import read
with mlflow.start_run(experiment_id=sys.argv[2]) as run:
    composite.log_model(lambda: read(), models={}, name="model", extra_files=["pkg/words.txt"])
tell(run.info.run_id)
""")
    assert alone.load(run_id, "tell(cloud.predict())") == "words\n"


def test_requirements_are_what_code_and_models_use(alone: Author) -> None:
    """S0.19: a package that only a model needs, one whose module has another name, no local and no standard module."""
    if find_spec("sklearn") is None or find_spec("PIL") is None or find_spec("skops") is None:
        pytest.skip("sklearn is not installed")
    alone.write(
        {
            "trained.py": """
                from sklearn.linear_model import LinearRegression
                def model(): return LinearRegression().fit([[0], [1]], [0, 1])
            """
        }
    )
    alone.write(
        {
            "pictures.py": "import json\ndef size(n):\n    from PIL import Image\n    return Image.new('L', (n, n)).size[0]\n"
        }
    )
    run_id = alone.save("""
import trained
def predict(x, m):
    import pictures
    return [round(float(m.predict([[x]])[0]), 6), pictures.size(x)]
tell(save(predict, {"m": trained.model()}))
""")
    folder = alone.bundle(run_id)
    lines = (folder / "requirements.txt").read_text().split()
    names = {line.partition("==")[0] for line in lines}
    assert {"scikit-learn", "pillow", "modelyard[models]"} <= names and all("==" in line for line in lines)
    assert not names & {"sklearn", "PIL", "json", "pictures", "trained"}
    conda, venv = (folder / "conda.yaml").read_text(), (folder / "python_env.yaml").read_text()
    assert all(line in conda for line in lines) and "requirements.txt" in venv
    assert alone.load(run_id, "tell(cloud.predict(x=2))") == [2.0, 2]


def test_another_python_is_told_before_anything_is_read(alone: Author) -> None:
    """S0.20: the message names both versions."""
    run_id = alone.save("tell(save(lambda: 1, {}))")
    script = f"""
from modelyard.models.mlmodel import Model
from modelyard.models.trust import sign
import pathlib
folder = pathlib.Path({str(alone.bundle(run_id))!r})
for file in filter(pathlib.Path.is_file, list(folder.rglob("*"))):  # equal files of a store are one: its own are changed here
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content)
described = Model.load(folder)
described.flavors["composite"]["python"] = "3.6"
described.save(folder / "MLmodel")
sign(folder)
tell(error(cloud.load_model, *sys.argv[1:4]))
"""
    kind, _, words = alone.load(run_id, script)
    assert kind == "InvalidParameter" and "Python 3.6" in words and "source=True" in words


def test_the_docs_say_what_compiled_code_hides() -> None:
    """S0.23: that it can be disassembled and that constants can be read stands beside the claim."""
    page = (ROOT / "docs" / "how-to" / "composite-models.md").read_text()
    (paragraph,) = [each for each in page.split("\n\n") if "disassembled" in each]
    assert "constants" in paragraph and "docstrings" in page


def test_inputs_are_never_logged(alone: Author) -> None:
    """S0.25, S0.33: levels belong to objects; no level tells what goes in or comes out."""
    run_id = alone.save("tell(save(lambda text: text + ' OUTMARK', {}, log_level='WARNING'))")
    alone.load(run_id, "tell(1)")
    script = f"""
import logging, urllib.parse
{LOAD}
levels = {{name: each.level for name, each in logging.root.manager.loggerDict.items() if isinstance(each, logging.Logger)}}
def use(level):
    one = cloudflow.cloudflow_model(**({{}} if level is None else {{"log_level": level}}))
    print("begin", level, file=sys.stderr)
    one.load_model(*sys.argv[1:4]); one.predict(text="IN" + "MARK")
for level in ("DEBUG", None, "INFO", "DEBUG"): use(level)
after = {{name: each.level for name, each in logging.root.manager.loggerDict.items() if isinstance(each, logging.Logger)}}
try: cloudflow.cloudflow_model(log_level="LOUD")
except Exception as error: print("refused:", error, file=sys.stderr)
print("end", logging.root.level, logging.root.handlers, levels == {{name: after[name] for name in levels}}, file=sys.stderr)
"""
    folder = alone.session.folder
    (folder / "use.py").write_text(f"import sys\n{script}")
    done = alone.session.start("use.py", alone.session.uri, alone.name, run_id, MODELYARD_HOME=alone._home)
    assert done.returncode == 0, done.stderr
    assert "INMARK" not in done.stderr + done.stdout and "OUTMARK" not in done.stderr + done.stdout
    debug, default, info, again = [part.count("\n") - 1 for part in done.stderr.split("refused:")[0].split("begin")[1:]]
    assert default == 0 < info < debug == again
    assert "refused: 'LOUD' is no log level. Known: DEBUG" in done.stderr
    assert "end 30 [] True" in done.stderr


def test_what_the_function_answers_arrives_as_it_is(alone: Author) -> None:
    """S0.28, S0.29, S0.30, S0.31, S0.32: types, defaults, wrong arguments, exceptions, nothing loaded."""
    if find_spec("numpy") is None:
        pytest.skip("numpy is not installed")
    run_id = alone.save("""
import numpy as np
def predict(m, input_type, data=None, min_length=0, max_length=150, seen=[]):
    if input_type == "array": return np.arange(3, dtype="int16")
    if input_type == "list": return [1, (2, 3)]
    if input_type == "none": return None
    if input_type == "seen": seen.append(1); return seen
    if input_type == "summarization": return {"min": min_length, "max": max_length, "data": data}
    raise ValueError("Invalid input type selected")
tell(save(predict, {"m": 1}))
""")
    told = alone.load(
        run_id,
        """
import numpy as np
array = cloud.predict(input_type="array")
tell([[type(array).__name__, str(array.dtype), array.tolist()],
      cloud.predict(input_type="list") == [1, (2, 3)], cloud.predict(input_type="none"),
      cloud.predict(input_type="summarization"),
      [len(cloud.predict(input_type="seen", **more)) for more in ({"seen": []}, {}, {})],
      error(cloud.predict), error(cloud.predict, inptu_type=1), error(cloud.predict, input_type="x", m=2),
      error(cloud.predict, input_type="other"), error(cloudflow.cloudflow_model().predict, x=1)])
""",
    )
    array, same, none, defaults, seen, missing, wrong, part, own, early = told
    assert (array, same, none) == (["ndarray", "int16", [0, 1, 2]], True, None)
    assert (defaults, seen) == ({"min": 0, "max": 150, "data": None}, [1, 1, 2])
    assert missing[1] and "'input_type'" in missing[2]
    assert wrong[1] and "'inptu_type'; did you mean 'input_type'?" in wrong[2]
    assert part[1] and "'m' is one of its models" in part[2]
    assert own == ["ValueError", False, "Invalid input type selected"]
    assert "load_model" in early[2]


def test_it_is_an_ordinary_model(author: Author) -> None:
    """S0.34: registered, loaded by the generic loader, and a request of named parameters is answered as predict answers."""
    run_id = author.save("""
from modelyard import composite
def predict(text, upper, *, times=1): return {"said": upper(text) * times}
with mlflow.start_run(experiment_id=sys.argv[2]) as run:
    composite.log_model(predict, models={"upper": str.upper}, name="model", registered_model_name=sys.argv[2],
                        input_example={"text": "hi"})
tell(run.info.run_id)
""")
    script = """
from modelyard import composite, pyfunc
mlflow.set_tracking_uri(sys.argv[1])
loaded = pyfunc.load_model(f"models:/{sys.argv[2]}/1")
native = composite.load(f"models:/{sys.argv[2]}/1")
tell([loaded.predict({"text": "hi"}), loaded.predict([{"text": "hi"}]), native.predict(text="a", times=2)])
"""
    assert author.load(run_id, script) == [{"said": "HI"}, {"said": "HI"}, {"said": "AA"}]


def test_a_registered_model_is_a_part(author: Author) -> None:
    """S0.5, S0.7: an alias is kept as it led when the model was saved, or followed when that is asked for."""
    run_id = author.save("""
from modelyard import composite
name = sys.argv[2] + " scorer"
def register(number):
    made = composite.log_model(lambda x: x * number, models={}, name="scorer", registered_model_name=name)
    mlflow.MlflowClient().set_registered_model_alias(name, "champion", made.registered_model_version)
def predict(x, kept, followed): return [kept.predict({"x": x}), followed.predict({"x": x})]
register(2)
with mlflow.start_run(experiment_id=sys.argv[2]) as run:
    info = composite.log_model(predict, models={"kept": f"models:/{name}@champion", "followed": f"models:/{name}@champion"},
                               follow=["followed"], name="model", input_example={"x": 1})
assert info.verdict.status == "passed", info.verdict
register(10)
tell(run.info.run_id)
""")
    script = "mlflow.set_tracking_uri(sys.argv[1])\ntell(cloud.load_model(*sys.argv[1:4]).predict(x=3))"
    loaded = author.load(run_id, script.replace("cloud.load_model", "cloudflow.cloudflow_model().load_model"))
    assert loaded == [6, 30]


def test_the_example_of_the_source(alone: Author, tmp_path: Path) -> None:
    """S0.5, S0.7, S0.12: the project of the source document, with four models, in a fresh process without its code."""
    if find_spec("skops") is None:
        pytest.skip("skops is not installed")
    project = tmp_path / "source project"
    shutil.copytree(EXAMPLE, project)
    store, home = str(tmp_path / "store"), str(tmp_path / "home")
    saved = Session(store, project, tmp_path / "store").start("save.py", store, MODELYARD_HOME=home)
    assert saved.returncode == 0, saved.stderr
    alone.write({"load.py": (EXAMPLE / "load.py").read_text()})
    shutil.rmtree(project)
    loaded = alone.session.start("load.py", store, saved.stdout.split()[-1], MODELYARD_HOME=home)
    assert loaded.returncode == 0, loaded.stderr
    assert "sentiment: glad\ntranslation: le chat dort\n[sub_folder.sub_sub_folder.is_sub] the picture" in loaded.stdout
    assert "image: {'label': 'left', 'score': 1.0}\n" in loaded.stdout
    assert loaded.stdout.endswith(
        "summary: A model was trained.\n[sub_folder.sub_sub_folder.is_sub] the story was read\nshorter: A model\n"
    )
