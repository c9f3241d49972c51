"""The safetensors reader against files that lie."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from keras.core.errors import DeserializationError
from keras.saving.safetensors import SafetensorsReader, SafetensorsWriter


def craft(path: Path, header: Any, data: bytes = b"", claim: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(text) if claim is None else claim
    path.write_bytes(size.to_bytes(8, "little") + text + data)
    return path


def entry(shape: Any, begin: Any, end: Any, dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool", "bfloat16", "float16"])
@pytest.mark.parametrize("shape", [(), (3,), (0, 2), (2, 3)])
def test_arrays_come_back(tmp_path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape)
    array = array.astype(getattr(ml_dtypes, dtype, dtype))
    writer = SafetensorsWriter()
    writer.at("layers/dense", "dense")["0"] = array
    writer.at("", "model")["0"] = array
    path = tmp_path / "a.safetensors"
    writer.write(str(path))
    with open(path, "rb") as file:
        reader = SafetensorsReader(file, "a")
        for where in ("layers/dense", ""):
            back = reader.at(where)["0"]
            assert back.dtype == array.dtype
            assert back.shape == shape
            assert (back == array).all()
        assert sorted(reader.paths()) == ["", "layers/dense"]
        assert len(reader.at("other")) == 0


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"a/0": entry([1 << 40], 0, 4)}, "claims bytes 0 to 4 of 8"),
        ({"a/0": entry([1 << 40], 0, 1 << 42)}, "claims bytes"),
        ({"a/0": entry([2], 4, 12)}, "claims bytes 4 to 12 of 8"),
        ({"a/0": entry([-2], 0, 8)}, "the entry of 'a/0'"),
        ({"a/0": entry([2.0], 0, 8)}, "the entry of 'a/0'"),
        ({"a/0": {"dtype": "F32"}}, "the entry of 'a/0'"),
        ({"a/0": entry([2], 0, 8, "OBJ")}, "dtype 'OBJ'. Known: BF16"),
        ([], "no JSON object"),
        (b"{{", "no JSON"),
    ],
)
def test_headers_that_lie_are_refused(
    tmp_path: Path, header: Any, message: str
) -> None:
    path = craft(tmp_path / "a.safetensors", header, b"\0" * 8)
    with open(path, "rb") as file, pytest.raises(DeserializationError, match=message):
        SafetensorsReader(file, "a")


def test_a_huge_header_is_not_read(tmp_path: Path) -> None:
    path = craft(tmp_path / "a.safetensors", {}, claim=1 << 60)
    with open(path, "rb") as file, pytest.raises(DeserializationError, match="claims"):
        SafetensorsReader(file, "a")


def test_dtypes_that_the_format_lacks_are_refused(tmp_path: Path) -> None:
    writer = SafetensorsWriter()
    writer.at("a", "a")["0"] = np.zeros(2, "complex128")
    with pytest.raises(ValueError, match=r"complex128.*Save as .weights.h5"):
        writer.write(str(tmp_path / "a.safetensors"))
