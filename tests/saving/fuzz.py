"""Coverage-guided fuzzing of what reads files; needs `pip install atheris`.

    python -m tests.saving.fuzz ENDING FOLDER [SECONDS]

`ENDING` is one of `.keras`, `.h5`, `.weights.h5`, `.weights.json`, `.safetensors` and
`config`. Inputs that find new ways are kept in the folder, so that another run goes on
from there; what is found is printed once per place, with the file that shows it.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import tempfile
import traceback
from pathlib import Path

import atheris

os.environ.setdefault("KERAS_BACKEND", "numpy")
with atheris.instrument_imports(include=["keras"], enable_loader_override=False):
    from tests.saving.mutations import Mutants, changed

    MUTANTS = Mutants(Path(tempfile.mkdtemp()))
    for _ending in (".keras", ".h5", ".weights.h5", ".weights.json", ".safetensors"):
        MUTANTS.read(_ending, MUTANTS.seed(_ending))  # imports what is lazy


def main() -> None:
    ending, folder, seconds = [*sys.argv[1:], "300"][:3]
    corpus, found = Path(folder, "corpus"), Path(folder, "found")
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(exist_ok=True)
    (corpus / "seed").write_bytes(MUTANTS.seed(ending))
    places: set[str] = set()

    def one(data: bytes) -> None:
        try:
            MUTANTS.read(ending, data)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            place = (
                f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}"
            )
            if place not in places:
                places.add(place)
                name = hashlib.sha1(data).hexdigest()[:12]
                (found / name).write_bytes(data)
                print(f"\nFOUND {name} {place}: {str(error)[:200]}", flush=True)
                for frame in frames[-6:]:
                    print(f"    {frame.filename}:{frame.lineno} {frame.line}")

    def mutator(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.randrange(3) == 0:
            return atheris.Mutate(data, most)
        # To change a damaged HDF5 file, the library would have to write into it, which
        # kills the process now and then.
        start = MUTANTS.seed(ending) if "h5" in ending else data
        return changed(ending, start, chance)[:most]

    size = 4 * len(MUTANTS.seed(ending))
    options = [f"-max_total_time={seconds}", f"-max_len={size}", "-rss_limit_mb=3000"]
    options += ["-timeout=60", "-print_final_stats=1", "-verbosity=1"]
    atheris.Setup(["fuzz", *options, str(corpus)], one, custom_mutator=mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
