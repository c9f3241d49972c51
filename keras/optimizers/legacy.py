"""`keras.optimizers.legacy`: names kept only to say that they are gone."""

from __future__ import annotations

from typing import Any

from keras.core.surface import listing

__all__ = ["Adagrad", "Adam", "Ftrl", "Optimizer", "RMSprop", "SGD"]
__dir__ = listing(globals())


class SGD:
    """Not an optimizer: making one raises an error that says what to use.

    Args:
        *args: ignored.
        **kwargs: ignored.

    Raises:
        ImportError: always.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise ImportError(
            "`keras.optimizers.legacy` is not part of Keras 3. Use the optimizers of "
            "`keras.optimizers`. To go on with tf.keras' legacy ones, install "
            "`tf_keras` (Keras 2) and set TF_USE_LEGACY_KERAS=True."
        )


Adagrad = Adam = Ftrl = Optimizer = RMSprop = SGD
