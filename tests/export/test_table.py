"""The table of formats, backends and layers in `docs/export.md`."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

import keras
from tests.export.formats import RUNNERS, exported, named_rows

ROOT = Path(__file__).resolve().parents[2]
FOUND = json.loads((ROOT / "tests/export/table.json").read_text())
NAMES = list(named_rows())


def test_the_page_is_what_was_found() -> None:
    """`python tools/export_table.py` writes both anew."""
    tool: Any = runpy.run_path(str(ROOT / "tools" / "export_table.py"))
    assert (ROOT / "docs" / "export.md").read_text() == tool["page"](FOUND)


def test_every_row_was_looked_at() -> None:
    assert list(FOUND) == list(RUNNERS)
    for of_format in FOUND.values():
        assert set(of_format) == {"numpy", "jax", "tensorflow", "torch"}
        assert all(list(rows) == NAMES for rows in of_format.values())


# ONNX files of every row are tested in `test_onnx.py`. Of the others a few, since each
# takes a second or more: those that are no "yes", and some that are.
SAMPLE = [
    (kind, backend, NAMES[start::50])
    for start, (kind, backend) in enumerate(
        [
            ("tf_saved_model", "jax"),
            ("tf_saved_model", "torch"),
            ("openvino", "numpy"),
            ("litert", "jax"),
            ("torch", "tensorflow"),
            ("torch", "torch"),
        ]
    )
]


@pytest.mark.parametrize(
    ("kind", "backend", "names"), SAMPLE, ids=[f"{k}-{b}" for k, b, _ in SAMPLE]
)
@pytest.mark.filterwarnings("ignore")  # torch warns of what its files hold
def test_what_it_says_holds(
    kind: str, backend: str, names: list[str], tmp_path: Path
) -> None:
    rows = named_rows()
    refused = [name for name, reason in FOUND[kind][backend].items() if reason][:1]
    with keras.backend_scope(backend):
        for index, name in enumerate([*names, *refused]):
            folder = tmp_path / str(index)
            folder.mkdir()
            found = exported(rows[name], kind, str(folder))
            assert bool(found) == bool(FOUND[kind][backend][name]), (name, found)
