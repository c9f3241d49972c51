"""What raw data costs: augmentation, strings and folders of images.

    python benchmarks/preprocessing.py [--rows torch,strings] [--pypi-python PYTHON]

Each side is a process of its own, of one thread; they take turns, and a ratio is the
median over rounds of (ours / other), wall time and CPU time. Sides: `keras` (this one),
`pypi` (the PyPI keras) and `hand` (what one writes in the framework).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve()
QUIET = {
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
# Backend, sides, and the most that ours may take of each of the others.
ROWS: dict[str, tuple[str, dict[str, float]]] = {
    "augment_torch": ("torch", {"pypi": 1.0, "hand": 1.2}),
    "augment_jax": ("jax", {"pypi": 1.0}),
    "augment_tensorflow": ("tensorflow", {"pypi": 1.0}),
    "augment_numpy": ("numpy", {"pypi": 1.0}),
    "sentences": ("numpy", {"hand": 1.5}),
    "strings": ("numpy", {"hand": 1.0}),
    "folder": ("tensorflow", {"pypi": 1.0, "hand": 1.0}),
}
WORDS = 20_000


# Sides -------------------------------------------------------------------------------


def images() -> Any:
    """64 images of 224 x 224."""
    import numpy as np

    found = np.random.default_rng(0).integers(0, 256, (64, 224, 224, 3))
    return found.astype("float32")


def augment(side: str) -> Callable[[], Any]:
    """Flip, turn, crop and colours of a batch in memory."""
    if side == "hand":
        return augment_by_hand()
    import keras

    layers = keras.layers
    chain = [
        layers.RandomFlip("horizontal"),
        layers.RandomRotation(0.1),
        layers.RandomCrop(192, 192),
        layers.RandomBrightness(0.2),
        layers.RandomContrast(0.2),
    ]
    batch = keras.ops.convert_to_tensor(images())

    def run() -> Any:
        found = batch
        for layer in chain:
            found = layer(found, training=True)
        return keras.ops.convert_to_numpy(found[0, 0, 0])

    return run


def augment_by_hand() -> Callable[[], Any]:
    """The same chain of torch's own functions, channels first as these want them."""
    import torch
    from torch.nn import functional

    batch = torch.tensor(images()).permute(0, 3, 1, 2).contiguous()
    count = len(batch)

    def run() -> Any:
        flips = torch.rand(count) < 0.5
        found = torch.where(flips[:, None, None, None], batch.flip(3), batch)
        angle = (torch.rand(count) * 2 - 1) * 0.2 * torch.pi
        cosine, sine, zero = angle.cos(), angle.sin(), torch.zeros(count)
        rows = [
            torch.stack(row, 1) for row in ((cosine, -sine, zero), (sine, cosine, zero))
        ]
        grid = functional.affine_grid(torch.stack(rows, 1), list(found.shape), False)
        found = functional.grid_sample(
            found, grid, padding_mode="reflection", align_corners=False
        )
        top, left = torch.randint(0, 33, (2,)).tolist()
        found = found[:, :, top : top + 192, left : left + 192]
        bright = (torch.rand(count, 1, 1, 1) * 2 - 1) * 0.2 * 255
        found = (found + bright).clamp(0, 255)
        mean = found.mean((2, 3), keepdim=True)
        strength = 1 + torch.rand(count, 1, 1, 1) * 0.2
        found = ((found - mean) * strength + mean).clamp(0, 255)
        return found[0, 0, 0, 0].item()

    return run


def words(count: int, width: int) -> list[str]:
    """Texts of so many words each, a few of them unknown."""
    import numpy as np

    drawn = np.random.default_rng(1).zipf(1.3, (count, width)) % (WORDS + 500)
    return [" ".join(f"word{i}" for i in row) for row in drawn.tolist()]


VOCABULARY = [f"word{i}" for i in range(WORDS)]


def sentences(side: str) -> Callable[[], Any]:
    """Indices of the words of 100,000 texts, 1,000 at a time."""
    texts = [f"{text.capitalize()}!" for text in words(100_000, 8)]
    if side == "hand":
        import tensorflow as tf

        table = lookup_table(tf)
        punctuation = r"[!\"#$%&()\*\+,\-\./:;<=>?@\[\\\]^_`{|}~\']"

        def ids(batch: Any) -> Any:
            plain = tf.strings.regex_replace(tf.strings.lower(batch), punctuation, "")
            return table.lookup(tf.strings.split(plain)).to_tensor()

        data = tf.data.Dataset.from_tensor_slices(texts).batch(1000).map(ids)
        return lambda: sum(int(batch.shape[0]) for batch in data)
    import numpy as np

    import keras

    layer = keras.layers.TextVectorization(vocabulary=VOCABULARY)
    arrays = np.array_split(np.array(texts, dtype=object), 100)
    return lambda: [layer(batch) for batch in arrays]


def lookup_table(tf: Any) -> Any:
    """A table of TensorFlow's with the vocabulary."""
    places = tf.range(2, WORDS + 2, dtype=tf.int64)
    pairs = tf.lookup.KeyValueTensorInitializer(VOCABULARY, places)
    return tf.lookup.StaticHashTable(pairs, 1)


def strings(side: str) -> Callable[[], Any]:
    """Indices of a million strings, 100,000 at a time."""
    texts = words(1_000_000, 1)
    if side == "hand":
        import tensorflow as tf

        table = lookup_table(tf)
        data = tf.data.Dataset.from_tensor_slices(texts).batch(100_000)
        data = data.map(table.lookup)
        return lambda: sum(int(batch.shape[0]) for batch in data)
    import numpy as np

    import keras

    layer = keras.layers.StringLookup(vocabulary=VOCABULARY)
    arrays = np.array_split(np.array(texts, dtype=object), 10)
    return lambda: [layer(batch) for batch in arrays]


FOLDER = Path(tempfile.gettempdir()) / "keras_benchmark_images"


def write_files() -> None:
    """A folder of 400 JPEG files of 320 x 280 in four classes."""
    from PIL import Image

    for number, image in enumerate(images()):
        for copy in range(6 + (number < 16)):
            path = FOLDER / f"class_{number % 4}" / f"{number}_{copy}.jpg"
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                smooth = Image.fromarray(image[::8, ::8].astype("uint8"))
                smooth.resize((320, 280)).save(path)


def folder(side: str) -> Callable[[], Any]:
    """The files, read and resized to 224 x 224 in batches of 32."""
    home = FOLDER
    if side == "hand":
        import numpy as np
        import torch
        from PIL import Image

        names = sorted(home.glob("*/*.jpg"))

        class Files(torch.utils.data.Dataset):
            def __len__(self) -> int:
                return len(names)

            def __getitem__(self, index: int) -> Any:
                with Image.open(names[index]) as image:
                    image = image.convert("RGB").resize((224, 224), Image.BILINEAR)
                    found = np.asarray(image, "float32")
                return torch.from_numpy(found), int(names[index].parent.name[-1])

        loader = torch.utils.data.DataLoader(Files(), batch_size=32, shuffle=True)
        return lambda: sum(len(batch) for batch, _ in loader)
    import keras

    data = keras.utils.image_dataset_from_directory(
        home, image_size=(224, 224), verbose=False
    )
    return lambda: sum(int(batch.shape[0]) for batch, _ in data)


def serve(row: str, side: str) -> None:
    """Runs a row whenever a line comes in; answers with wall and CPU seconds."""
    run = globals()[row.split("_")[0]](side)
    run()
    print(json.dumps("ready"), flush=True)
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        spent = time.perf_counter() - wall, time.process_time() - cpu
        print(json.dumps(spent), flush=True)


# Turns -------------------------------------------------------------------------------


def start(row: str, side: str, pypi: str | None) -> Any:
    """A process of one side."""
    backend = ROWS[row][0]
    env = {**os.environ, **QUIET, "KERAS_BACKEND": backend}
    env["PYTHONPATH"] = "" if side == "pypi" else str(HERE.parent.parent)
    python = pypi if side == "pypi" else sys.executable
    command = [str(python), "-P", str(HERE), "--serve", row, side]
    return subprocess.Popen(
        command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def ask(process: Any) -> Any:
    """The next answer of a process."""
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"A side has ended: {' '.join(process.args[-2:])}")
    return json.loads(line)


def measure(row: str, pypi: str | None, rounds: int) -> dict[str, Any]:
    """Seconds of ours, and the ratios to the other sides."""
    if row.startswith("folder"):
        write_files()
    others = [side for side in ROWS[row][1] if side != "pypi" or pypi]
    sides = {side: start(row, side, pypi) for side in ["keras", *others]}
    for process in sides.values():
        ask(process)
    found: dict[str, list[tuple[float, float]]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, process in sides.items():
            process.stdin.write("\n")
            process.stdin.flush()
            found[side].append(ask(process))
    for process in sides.values():
        process.stdin.close()
        process.wait()
    ratios = {
        side: [
            median(ours[i] / theirs[i] for ours, theirs in pairs(found, side))
            for i in range(2)
        ]
        for side in others
    }
    return {"seconds": median(wall for wall, _ in found["keras"]), "ratios": ratios}


def pairs(found: dict[str, Any], side: str) -> Any:
    """The rounds of ours beside those of another side."""
    return list(zip(found["keras"], found[side], strict=True))


def main() -> int:
    """The table; 1 if a limit does not hold by CPU time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", default=",".join(ROWS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--pypi-python", default=os.environ.get("KERAS_BENCH_PYPI_PYTHON")
    )
    parser.add_argument("--serve", nargs=2)
    given = parser.parse_args()
    if given.serve:
        serve(*given.serve)
        return 0
    missed = 0
    for row in [r for r in ROWS if any(part in r for part in given.rows.split(","))]:
        found = measure(row, given.pypi_python, given.rounds)
        for side, (wall, cpu) in found["ratios"].items():
            limit = ROWS[row][1][side]
            missed += cpu > limit
            print(
                f"{row:20} {found['seconds'] * 1000:8.0f} ms  over {side:5} "
                f"{wall:5.2f} wall {cpu:5.2f} CPU  (limit {limit})",
                flush=True,
            )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
