"""Functions over axes."""

from __future__ import annotations

import numpy as np

from toy_keras_backend.tensor import lifted

sum = lifted(lambda x, axis=None, keepdims=False: np.sum(x, axis, keepdims=keepdims))
max = lifted(lambda x, axis=None, keepdims=False: np.max(x, axis, keepdims=keepdims))
cumsum = lifted(np.cumsum)
