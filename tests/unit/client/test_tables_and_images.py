"""Tables and images as files."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from modelyard.client.images import Image, from_array, small_copy, to_pil
from modelyard.client.tables import check_file_name, read_table, write_table
from modelyard.core.errors import InvalidParameter


def no_image(image: Any) -> dict[str, str]:
    raise AssertionError(f"{image!r} is no image")


def test_a_dictionary_becomes_pandas_split_form_without_pandas(tmp_path: Path) -> None:
    target = tmp_path / "t.json"
    write_table({"q": ["a", "b"], "s": [1.5, None]}, target, None, no_image)
    assert json.loads(target.read_text()) == {"columns": ["q", "s"], "data": [["a", 1.5], ["b", None]]}


def test_single_values_are_one_row(tmp_path: Path) -> None:
    target = tmp_path / "t.json"
    write_table({"q": "what is it?", "s": 1}, target, None, no_image)
    assert json.loads(target.read_text())["data"] == [["what is it?", 1]]


def test_rows_are_added_and_new_columns_too(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    write_table({"a": [1]}, old, None, no_image)
    write_table({"a": [2], "b": ["x"]}, new, old, no_image)
    assert json.loads(new.read_text()) == {"columns": ["a", "b"], "data": [[1, None], [2, "x"]]}


def test_columns_of_different_length_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="one length"):
        write_table({"a": [1], "b": [1, 2]}, tmp_path / "t.json", None, no_image)


def test_a_data_frame_reads_back_equal(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    write_table(frame, tmp_path / "t.json", None, no_image)
    assert read_table(tmp_path / "t.json").equals(frame.astype(read_table(tmp_path / "t.json").dtypes))
    write_table({"a": [3], "b": ["z"]}, tmp_path / "u.json", tmp_path / "t.json", no_image)
    assert read_table(tmp_path / "u.json")["a"].tolist() == [1, 2, 3]


def test_parquet_reads_back_equal(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    frame = pandas.DataFrame({"a": [1, 2]})
    write_table(frame, tmp_path / "t.parquet", None, no_image)
    write_table({"a": [3]}, tmp_path / "u.parquet", tmp_path / "t.parquet", no_image)
    assert read_table(tmp_path / "u.parquet")["a"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("name", ["t.csv", "t", 'a".json', "a:b.json"])
def test_a_name_that_cannot_be_a_tables_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter):
        check_file_name(name)


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="DataFrame or a dictionary"):
        write_table([1, 2], tmp_path / "t.json", None, no_image)


def test_images_in_cells_are_stored_and_named(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image", reason="pillow is not installed")
    image = pillow.new("RGB", (4, 4))
    write_table({"picture": [image, image]}, tmp_path / "t.json", None, lambda _: {"type": "image"})
    assert json.loads((tmp_path / "t.json").read_text())["data"] == [[{"type": "image"}]] * 2
    with pytest.raises(InvalidParameter, match="mix of images"):
        write_table({"picture": [image, "x"]}, tmp_path / "t.json", None, lambda _: {"type": "image"})


class TestImages:
    @pytest.fixture(autouse=True)
    def libraries(self) -> None:
        self.numpy = pytest.importorskip("numpy", reason="numpy is not installed")
        self.pillow = pytest.importorskip("PIL.Image", reason="pillow is not installed")

    def test_pixels_of_integers_are_taken_as_they_are(self) -> None:
        array = self.numpy.arange(12, dtype="int64").reshape(2, 2, 3)
        assert list(from_array(array).tobytes()) == list(range(12))

    def test_floats_go_from_zero_to_one(self) -> None:
        assert list(from_array(self.numpy.array([[0.0, 1.0]])).tobytes()) == [0, 255]

    def test_floats_beyond_are_scaled_with_a_warning(self) -> None:
        with pytest.warns(UserWarning, match="they are scaled"):
            image = from_array(self.numpy.array([[0.0, 2.0]]))
        assert list(image.tobytes()) == [0, 255]

    def test_grey_may_have_a_channel_of_its_own(self) -> None:
        assert from_array(self.numpy.zeros((3, 2, 1), dtype="uint8")).size == (2, 3)

    @pytest.mark.parametrize("shape", [(3,), (3, 3, 2), (1, 1, 1, 1)])
    def test_other_shapes_are_refused(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match=r"2D or 3D array|channel length"):
            from_array(self.numpy.zeros(shape))

    def test_integers_beyond_a_byte_are_refused(self) -> None:
        with pytest.raises(ValueError, match="out of acceptable range"):
            from_array(self.numpy.array([[256]]))

    def test_texts_are_no_image(self) -> None:
        with pytest.raises(TypeError, match="Unsupported image object type"):
            to_pil("picture.png")
        with pytest.raises(TypeError, match="Invalid array data type"):
            from_array(self.numpy.array([["x"]]))

    def test_the_small_copy_keeps_its_proportions(self) -> None:
        assert small_copy(self.pillow.new("RGB", (1000, 500))).size == (256, 128)
        assert small_copy(self.pillow.new("RGB", (10, 100_000))).size == (1, 256)

    def test_an_image_goes_from_a_file_and_back(self, tmp_path: Path) -> None:
        Image([[0, 128], [255, 1]]).save(str(tmp_path / "x.png"))
        image = Image(str(tmp_path / "x.png"))
        assert image.size == (2, 2)
        assert image.to_array().tolist() == [[0, 128], [255, 1]]
        assert image.resize((1, 1)).size == (1, 1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            assert image.to_list() == [0, 128, 255, 1]
