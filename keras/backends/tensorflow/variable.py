"""Variables of the TensorFlow backend, held by a `tf.Variable`."""

from __future__ import annotations

import contextlib
from typing import Any

import tensorflow as tf

from keras.backends.variable import Variable as Base
from keras.backends.variable import redirected
from keras.core.errors import BackendError
from keras.core.typing import DType


class Variable(Base):
    """A Variable whose value is held by a `tf.Variable`.

    TensorFlow's own tools take it where they take a `tf.Variable`: `tape.gradient`,
    `tape.watch`, `tf.convert_to_tensor`.
    """

    __doc__ = Base.__doc__

    # What TensorFlow looks for before it treats an object as a resource variable.
    _should_act_as_resource_variable = True

    def _initialize(self, value: Any) -> None:
        with tf.init_scope():
            if tf.distribute.has_strategy() or self._layout is not None:
                self._value = self._of_replicas(value)
                return
            self._value = tf.Variable(
                value, dtype=value.dtype, trainable=self._trainable, name=self.name
            )

    def _of_replicas(self, value: Any) -> Any:
        """A copy for each replica of a `tf.distribute` strategy.

        Replicas write their own: weights stay the same, since gradients are averaged.
        """
        if self._layout is None:
            strategy = tf.distribute.get_strategy()
            self.backend.distribution.follow(strategy, self)
        else:
            strategy = self._layout.backend_layout
        how = None
        # Several workers have copies of their own, which are joined after a pass: what
        # one of them reads must not wait for the others.
        if isinstance(strategy, tf.distribute.MirroredStrategy):
            how = {"sum": "SUM", "mean": "MEAN"}.get(self.aggregation)
            how = how if self._is_float or how == "SUM" else None
        replica = tf.distribute.get_replica_context()
        inside = replica is not None and replica.strategy is strategy
        with contextlib.nullcontext() if inside else strategy.scope():
            return tf.Variable(
                value,
                dtype=value.dtype,
                trainable=self._trainable,
                name=self.name,
                synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=getattr(
                    tf.VariableAggregation, how or "ONLY_FIRST_REPLICA"
                ),
            )

    def distribute(self, layout: Any) -> None:
        """Lays the value out over devices, from now on."""
        raise BackendError(
            f"Variable {self.path!r} was made before the distribution, and TensorFlow "
            "cannot move it. Make and compile the model inside the distribution's "
            "scope, or after set_distribution."
        )

    def _direct_assign(self, value: Any) -> None:
        self._value.assign(value, read_value=False)

    def assign_add(self, value: Any) -> Any:
        if redirected(value):
            return super().assign_add(value)
        return self._value.assign_add(self._converted(value))

    def assign_sub(self, value: Any) -> Any:
        if redirected(value):
            return super().assign_sub(value)
        return self._value.assign_sub(self._converted(value))

    def numpy(self) -> Any:
        # As TensorFlow has it: that of a scalar is a number, not an array.
        return self.backend.convert_to_numpy(self.value)[()]

    @property
    def handle(self) -> Any:
        """The resource behind the value."""
        return self._value.handle

    @property
    def _unique_id(self) -> Any:
        return self._value._unique_id

    def __tf_tensor__(self, dtype: DType = None, name: str | None = None) -> Any:
        return tf.convert_to_tensor(self.value, dtype=dtype, name=name)
