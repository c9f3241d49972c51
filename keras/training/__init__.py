"""Training, evaluation and prediction: what `Model` inherits from `Trainer`."""

from __future__ import annotations
