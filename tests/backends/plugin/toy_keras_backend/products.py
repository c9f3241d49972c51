"""Products."""

from __future__ import annotations

import numpy as np

from toy_keras_backend.tensor import lifted

matmul = lifted(np.matmul)
tensordot = lifted(np.tensordot)
einsum = lifted(np.einsum)
