"""Keeps structures and numbers of the PyPI Keras's applications in `snapshots.json`.

    KERAS_BACKEND=jax python tests/applications/make_snapshots.py [NAME ...]

in an environment that has `keras==3.15.1`. It uses the public API only. Names on the
command line limit the run; what is kept of other models stays as it is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cases
import numpy as np

import keras

PATH = Path(__file__).parent / "snapshots.json"


def main(wanted: list[str]) -> None:
    """Writes `snapshots.json` beside this file."""
    kept = json.loads(PATH.read_text()) if PATH.exists() else {}
    for name in wanted or cases.names(keras):
        keras.backend.clear_session()
        model = getattr(keras.applications, name)(weights=None)
        kept[name] = cases.structure(model)
        if name in cases.SMALL:
            model = cases.make_small(keras, name)
            model.set_weights(cases.values(model.weights))
            outputs = model.predict(cases.images(name), verbose=0)[0]
            kept[name]["outputs"] = [float(f"{value:.7g}") for value in outputs]
        print(name, kept[name])
    PATH.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n")


if __name__ == "__main__":
    np.set_printoptions(precision=7)
    main(sys.argv[1:])
