"""Files with a few random changes load, or end in an error of ours; nothing else.

Seeded, so each run makes the same files. More of them, from other seeds:
`python -m tests.saving.test_mutants SEED COUNT`; led by coverage: `fuzz.py`.
"""

from __future__ import annotations

import random
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import pytest

import keras
from tests.saving.mutations import ENDINGS, Mutants, changed


@pytest.fixture(scope="module")
def mutants(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with keras.backend_scope("numpy"):
        yield Mutants(tmp_path_factory.mktemp("mutants"))


def run(mutants: Mutants, ending: str, seed: int) -> str:
    """What becomes of one."""
    chance = random.Random(f"{ending} {seed}")
    return mutants.read(ending, changed(ending, mutants.seed(ending), chance))


@pytest.mark.parametrize("ending", ENDINGS)
def test_mutants_load_or_are_refused(mutants: Mutants, ending: str) -> None:
    with keras.backend_scope("numpy"):
        results = [run(mutants, ending, seed) for seed in range(60)]
    assert results.count("refused") > 5


def main() -> None:
    first, count = int(sys.argv[1]), int(sys.argv[2])
    keras.config.set_backend("numpy")
    made = Mutants(Path(tempfile.mkdtemp()))
    for seed in range(first, first + count):
        for ending in sys.argv[3:] or ENDINGS:
            try:
                run(made, ending, seed)
            except BaseException as error:
                last = traceback.extract_tb(error.__traceback__)[-1]
                print(ending, seed, type(error).__name__, str(error)[:150], last)


if __name__ == "__main__":
    main()
