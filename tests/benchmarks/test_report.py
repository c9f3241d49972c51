"""The arithmetic between a benchmark's rounds and its tables."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


def load_report() -> ModuleType:
    """Import the script by path; the folder of benchmarks is no package."""
    spec = importlib.util.spec_from_file_location("bench_report", FOLDER / "report.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_report"] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


report = load_report()


def rounds(*seconds: float) -> list[dict[str, float]]:
    return [{"wall": value, "cpu": 2 * value} for value in seconds]


def results(cases: dict[str, Any], problems: tuple[str, ...] = ()) -> dict[str, Any]:
    model = {
        "cases": {name: {"rounds": found} for name, found in cases.items()},
        "left_out": [],
        "check": {"problems": list(problems)},
    }
    return {
        "machine": {
            "processor": "a cpu",
            "cores": 2,
            "system": "Linux",
            "python": "3.11",
            "packages": {},
        },
        "started": "now",
        "rounds": 3,
        "load_average_before": [0.0],
        "backends": {"tensorflow": {"models": {"mlp": model}}},
    }


def test_a_ratio_pairs_the_sides_of_one_round() -> None:
    # Medians of each side would give 1.0 here; pairs of one round give 2.0.
    assert report.ratio(rounds(2, 4, 1), rounds(1, 2, 4), "wall") == 2


def test_the_better_native_variant_is_the_baseline() -> None:
    found = {
        "native": rounds(2, 2, 9),
        "native-xla": rounds(1, 3, 1),
        "ours": rounds(1),
    }
    assert report.baseline_name(found) == "native-xla"


@pytest.mark.parametrize(("seconds", "word"), [(1.04, "met"), (1.06, "MISSED")])
def test_a_goal_is_judged_by_the_ratio(seconds: float, word: str) -> None:
    cases = {"fit": {"native": rounds(1, 1, 1), "ours": rounds(*[seconds] * 3)}}
    (row,) = report.rows_of(results(cases))
    assert report.verdict(row) == f"1.05x: {word}"


def test_predict_of_one_row_is_judged_over_the_bare_call() -> None:
    cases = {
        "predict_one": {"native": rounds(9, 9, 9), "ours": rounds(*[0.00104] * 3)},
        "predict_on_batch_one": {"native": rounds(*[0.001] * 3)},
    }
    row = report.rows_of(results(cases))[0]
    assert report.verdict(row) == "+0.1 ms: met (+0.040)"


def test_a_failed_check_shows_in_the_report() -> None:
    failed = results({}, problems=("ours: predict differs from native by 1",))
    expected = ["tensorflow mlp: ours: predict differs from native by 1"]
    assert report.problems(failed) == expected
    assert expected[0] in report.render(failed)


def test_a_side_that_did_not_run_shows_as_missing() -> None:
    (row,) = report.rows_of(results({"fit": {"native": rounds(1, 1, 1)}}))
    assert (report.compared(row, "ours"), report.verdict(row)) == ("-", "1.05x")
