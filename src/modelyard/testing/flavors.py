"""The contract suite of flavors: subclass it and say which flavor, which models, and what they predict on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelyard.core.errors import AlreadyExists, ChangedModel, InvalidParameter, UntrustedModel
from modelyard.models import catalog
from modelyard.models.flavor import Flavor
from modelyard.models.load import load_native, load_pyfunc
from modelyard.models.mlmodel import Model
from modelyard.models.options import SaveOptions
from modelyard.models.save import Prepared, save_model
from modelyard.models.trust import digest
from modelyard.models.trust.manifest import MANIFEST, SIGNATURE, read


class FlavorCase(msgspec.Struct, frozen=True, kw_only=True):
    """One model of a flavor: how it is made, what it predicts on, and how its framework predicts by itself."""

    name: str
    make: Callable[[], Any]
    data: Callable[[], Any]
    predict: Callable[[Any, Any], Any]
    options: Mapping[str, Any] = {}
    is_data: bool = False
    """Whether its format holds data only, so that it loads unsigned."""
    params: Mapping[str, Any] | None = None

    def example(self) -> Any:
        """What the model is saved with as its input example."""
        return self.data() if self.params is None else (self.data(), dict(self.params))


class FlavorContract:
    """All a flavor promises.

    Subclass it with ``flavor``, ``cases`` and, where the framework's numbers are no arrays, ``same``.
    """

    flavor: str
    cases: tuple[FlavorCase, ...] = ()

    def same(self, one: Any, other: Any) -> bool:
        """Whether two predictions are equal."""
        numpy = pytest.importorskip("numpy")
        return bool(numpy.array_equal(numpy.asarray(one), numpy.asarray(other)))

    def make_flavor(self, case: FlavorCase) -> Flavor:
        """The flavor with a case's options."""
        return catalog.flavor(self.flavor, **case.options)

    def saved(self, case: FlavorCase, path: Path, obj: Any = None, **options: Any) -> Prepared:
        """A case's model, or ``obj`` in its place, saved as ``path``."""
        model = case.make() if obj is None else obj
        given = {"verify": False, "input_example": case.example(), **options}
        return save_model(model, path, flavor=self.make_flavor(case), options=SaveOptions(**given))

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each case."""
        if "case" in metafunc.fixturenames:
            metafunc.parametrize("case", self.cases, ids=[case.name for case in self.cases])

    def test_it_knows_its_own_objects_and_no_others(self, case: FlavorCase) -> None:
        flavor = self.make_flavor(case)
        assert flavor.handles(case.make())
        assert not flavor.handles(object())
        assert not flavor.handles({"a": 1})

    def test_the_native_object_comes_back_and_predicts_the_same(self, case: FlavorCase, tmp_path: Path) -> None:
        obj, data = case.make(), case.data()
        save_model(obj, tmp_path / "m", flavor=self.make_flavor(case), options=SaveOptions(verify=False))
        again = load_native(tmp_path / "m", flavor=self.flavor)
        assert self.same(case.predict(again, data), case.predict(obj, data))

    def test_it_predicts_the_same_as_a_python_function(self, case: FlavorCase, tmp_path: Path) -> None:
        obj, data = case.make(), case.data()
        options = SaveOptions(verify=False, input_example=case.example())
        save_model(obj, tmp_path / "m", flavor=self.make_flavor(case), options=options)
        loaded = load_pyfunc(tmp_path / "m")
        assert self.same(loaded.predict(data, case.params), case.predict(obj, data))

    def test_the_signature_is_kept(self, case: FlavorCase, tmp_path: Path) -> None:
        prepared = self.saved(case, tmp_path / "m")
        assert prepared.model.signature is not None
        assert Model.load(tmp_path / "m").signature == prepared.model.signature

    def test_it_loads_and_predicts_in_a_clean_process(self, case: FlavorCase, tmp_path: Path) -> None:
        verdict = self.saved(case, tmp_path / "m", verify=True).verdict
        assert (verdict.status, verdict.message) == ("passed", "")
        assert verdict.predicted
        assert verdict.peak_memory
        assert (tmp_path / "m" / "requirements.txt").read_text().strip()

    def test_mlmodel_says_what_it_is(self, case: FlavorCase, tmp_path: Path) -> None:
        self.saved(case, tmp_path / "m")
        model = Model.load(tmp_path / "m")
        assert {self.flavor, "python_function"} <= set(model.flavors)
        entry = model.flavors["python_function"]
        assert catalog.flavor_loading(entry["loader_module"]) == self.flavor
        assert entry["python_version"]
        assert model.utc_time_created
        assert model.model_size_bytes

    def test_saving_leaves_the_object_as_it_was(self, case: FlavorCase, tmp_path: Path) -> None:
        obj, data = case.make(), case.data()
        before = case.predict(obj, data)
        save_model(obj, tmp_path / "m", flavor=self.make_flavor(case), options=SaveOptions(verify=False))
        assert self.same(case.predict(obj, data), before)

    def test_nothing_is_written_over(self, case: FlavorCase, tmp_path: Path) -> None:
        self.saved(case, tmp_path / "m")
        there = digest(tmp_path / "m")
        with pytest.raises(AlreadyExists):
            self.saved(case, tmp_path / "m")
        assert digest(tmp_path / "m") == there

    def test_what_it_cannot_save_leaves_nothing(self, case: FlavorCase, tmp_path: Path) -> None:
        with pytest.raises(InvalidParameter):
            save_model(
                threading.Lock(), tmp_path / "m", flavor=self.make_flavor(case), options=SaveOptions(verify=False)
            )
        assert not list(tmp_path.iterdir())

    def test_each_file_is_in_the_manifest_and_none_may_change(self, case: FlavorCase, tmp_path: Path) -> None:
        self.saved(case, tmp_path / "m")
        manifest = read(tmp_path / "m")
        assert manifest is not None
        for entry in manifest.files:
            file = tmp_path / "m" / entry.path
            content = file.read_bytes()
            file.write_bytes(content + b"\n")
            with pytest.raises(ChangedModel, match=entry.path.replace(".", r"\.")):
                load_pyfunc(tmp_path / "m")
            file.write_bytes(content)
        (tmp_path / "m" / "more.txt").write_text("more")
        with pytest.raises(ChangedModel, match="more"):
            load_pyfunc(tmp_path / "m")

    def test_unsigned_it_loads_when_it_is_data_and_else_for_a_reason(self, case: FlavorCase, tmp_path: Path) -> None:
        obj, data = case.make(), case.data()
        self.saved(case, tmp_path / "m", obj)
        (tmp_path / "m" / MANIFEST).unlink()
        (tmp_path / "m" / SIGNATURE).unlink()
        if case.is_data:
            loaded = load_pyfunc(tmp_path / "m")
        else:
            with pytest.raises(UntrustedModel, match="untrusted"):
                load_pyfunc(tmp_path / "m")
            loaded = load_pyfunc(tmp_path / "m", trust=digest(tmp_path / "m"))
        assert self.same(loaded.predict(data, case.params), case.predict(obj, data))

    def test_columns_are_found_by_their_names(self, case: FlavorCase, tmp_path: Path) -> None:
        obj, data = case.make(), case.data()
        if not all(isinstance(name, str) for name in getattr(data, "columns", [0])):
            pytest.skip("does not apply: the data has no columns with names")
        self.saved(case, tmp_path / "m", obj)
        turned = data[list(data.columns)[::-1]]
        predicted = load_pyfunc(tmp_path / "m").predict(turned, case.params)
        assert self.same(predicted, case.predict(obj, data))

    def test_the_log_keeps_quiet_about_the_data(
        self, case: FlavorCase, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, logger="modelyard"):
            self.saved(case, tmp_path / "m", input_example=None)
            load_pyfunc(tmp_path / "m").predict(case.data(), case.params)
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
