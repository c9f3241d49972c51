"""Keeps the serialized layers and models of the PyPI Keras in `saved_forms.json`.

    KERAS_BACKEND=jax python tests/golden/make_saved_forms.py

in an environment that has `keras==3.15.1`. It uses the public API only.
"""

from __future__ import annotations

import json
from pathlib import Path

from saved_forms import forms

import keras


def main() -> None:
    """Writes `saved_forms.json` beside this file."""
    found = {"version": keras.__version__, "forms": forms(keras)}
    path = Path(__file__).parent / "saved_forms.json"
    path.write_text(
        json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    print(f"{len(found['forms'])} forms of keras {keras.__version__} in {path.name}")


if __name__ == "__main__":
    main()
