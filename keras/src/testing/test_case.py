"""`TestCase`: assertions on tensors, and a test of everything that a layer is to do."""

from __future__ import annotations

import json
import tempfile
from typing import Any

import numpy as np

try:
    from absl.testing import parameterized as _parameterized
except ImportError as error:
    raise ImportError(
        "keras.src.testing extends the test case of absl-py, which is not installed. "
        "Run `pip install absl-py`."
    ) from error

import keras
from keras import ops
from keras.src.testing.layer_test import Expected, check


class TestCase(_parameterized.TestCase):
    """A test case with assertions for tensors of every backend."""

    maxDiff = None

    def setUp(self) -> None:
        """Each test begins without the names and graphs of those before."""
        keras.utils.clear_session(free_memory=False)
        super().setUp()

    def get_temp_dir(self) -> str:
        """A folder that is gone after the test."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name

    def convert_to_numpy(self, x: Any) -> np.ndarray:
        """A tensor, or anything like one, as a NumPy array."""
        if hasattr(x, "numpy") or ops.is_tensor(x):
            return ops.convert_to_numpy(x)
        return np.asarray(x)

    def assertAllClose(
        self,
        actual: Any,
        desired: Any,
        atol: float = 1e-6,
        rtol: float = 1e-6,
        tpu_atol: float | None = None,
        tpu_rtol: float | None = None,
        msg: str | None = None,
    ) -> None:
        """Fails where values differ by more than `atol + rtol * abs(desired)`."""
        if uses_tpu():
            atol, rtol = tpu_atol or atol, tpu_rtol or rtol
        both = map(self.convert_to_numpy, (actual, desired))
        np.testing.assert_allclose(*both, atol=atol, rtol=rtol, err_msg=msg or "")

    def assertNotAllClose(
        self,
        x1: Any,
        x2: Any,
        atol: float = 1e-6,
        rtol: float = 1e-6,
        msg: str | None = None,
    ) -> None:
        """Fails where no value differs."""
        try:
            self.assertAllClose(x1, x2, atol=atol, rtol=rtol)
        except AssertionError:
            return
        raise AssertionError(f"{msg or 'All values are close.'}\nReceived: {x1}")

    def assertAlmostEqual(
        self,
        actual: Any,
        desired: Any,
        decimal: int = 3,
        tpu_decimal: int | None = None,
        msg: str | None = None,
    ) -> None:
        """Fails where values differ in their first decimals."""
        decimal = tpu_decimal if tpu_decimal is not None and uses_tpu() else decimal
        both = map(self.convert_to_numpy, (actual, desired))
        np.testing.assert_almost_equal(*both, decimal=decimal, err_msg=msg or "")

    def assertAllEqual(self, actual: Any, desired: Any, msg: str | None = None) -> None:
        """Fails where any values or shapes differ."""
        both = map(self.convert_to_numpy, (actual, desired))
        np.testing.assert_array_equal(*both, err_msg=msg or "")

    def assertDType(self, x: Any, dtype: Any, msg: str | None = None) -> None:
        """Fails where a tensor has another dtype."""
        found = keras.backend.standardize_dtype(x.dtype)
        self.assertEqual(found, keras.backend.standardize_dtype(dtype), msg)

    def assertSparse(self, x: Any, sparse: bool = True) -> None:
        """Fails where a tensor is not sparse, or with `sparse=False` where it is."""
        is_sparse = getattr(x, "sparse", None)
        if not isinstance(is_sparse, bool):
            is_sparse = _kind_of(x) in ("BCOO", "JAXSparse", "SparseTensor")
        self.assertEqual(is_sparse, sparse, f"Is sparse: {is_sparse}. Received: {x}")

    def assertRagged(self, x: Any, ragged: bool = True) -> None:
        """Fails where a tensor is not ragged, or with `ragged=False` where it is."""
        is_ragged = getattr(x, "ragged", None)
        if not isinstance(is_ragged, bool):
            is_ragged = _kind_of(x) == "RaggedTensor"
        self.assertEqual(is_ragged, ragged, f"Is ragged: {is_ragged}. Received: {x}")

    # Whole objects ----------------------------------------------------------------

    def run_class_serialization_test(
        self, instance: Any, custom_objects: dict[str, Any] | None = None
    ) -> Any:
        """Makes an object anew, from its configuration and from one that was JSON.

        Returns:
            The object made last.
        """
        config = instance.get_config()
        with keras.saving.custom_object_scope(custom_objects or {}):
            again = type(instance).from_config(config)
            self.assertEqual(_written(config), _written(again.get_config()))
            self.assertEqual(_public(instance), _public(again))
            text = json.dumps(keras.saving.serialize_keras_object(instance))
            read = keras.saving.deserialize_keras_object(json.loads(text))
        self.assertEqual(_written(config), _written(read.get_config()))
        self.assertEqual(type(read), type(instance))
        if hasattr(instance, "dtype_policy"):
            self.assertEqual(instance.dtype_policy, read.dtype_policy)
        return read

    def run_layer_test(
        self,
        layer_cls: Any,
        init_kwargs: dict[str, Any],
        input_shape: Any = None,
        input_dtype: Any = None,
        input_sparse: bool = False,
        input_ragged: bool = False,
        input_data: Any = None,
        call_kwargs: dict[str, Any] | None = None,
        expected_output: Any = None,
        custom_objects: dict[str, Any] | None = None,
        run_training_check: bool = True,
        run_mixed_precision_check: bool = True,
        tpu_atol: float | None = None,
        tpu_rtol: float | None = None,
        **expected: Any,
    ) -> None:
        """Everything that a layer of this class is to do.

        It is made, made anew from its configuration, built, called with symbols and
        with numbers, trained for a step inside a model, and called in mixed precision;
        what is expected of it is compared where it is told.

        Args:
            layer_cls: the class.
            init_kwargs: arguments of its constructor.
            input_shape: shape of its inputs, batch included, or a structure of shapes.
            input_dtype: their dtype, or a structure of dtypes; float32 by default.
            input_sparse: whether they are sparse.
            input_ragged: whether they are ragged.
            input_data: inputs, in place of drawn ones of `input_shape`.
            call_kwargs: further arguments of the call.
            expected_output: the outputs for `input_data`.
            custom_objects: what configurations name.
            run_training_check: whether to train.
            run_mixed_precision_check: whether to call in mixed precision.
            tpu_atol: tolerance of `expected_output` on a TPU.
            tpu_rtol: the same.
            **expected: what else to expect; see `Expected`.
        """
        if input_shape is not None and input_data is not None:
            raise ValueError("Pass `input_shape` or `input_data`, not both.")
        if expected_output is not None and input_data is None:
            raise ValueError("`expected_output` is compared with that of `input_data`.")
        wanted = Expected(**expected)
        layer = layer_cls(**init_kwargs)
        wanted.of_new(self, layer)
        self.run_class_serialization_test(layer, custom_objects)
        if input_shape is None and input_data is None:
            return
        outputs = check(
            self,
            wanted,
            lambda **more: layer_cls(**{**init_kwargs, **more}),
            shape=input_shape,
            dtype=input_dtype,
            data=input_data,
            kwargs=call_kwargs or {},
            kind="sparse" if input_sparse else "ragged" if input_ragged else "dense",
            trains=run_training_check,
            in_half=run_mixed_precision_check,
        )
        if expected_output is not None:
            pairs = zip(
                keras.tree.flatten(outputs),
                keras.tree.flatten(expected_output),
                strict=True,
            )
            for found, value in pairs:
                self.assertAllClose(
                    found, value, 1e-5, 1e-5, tpu_atol=tpu_atol, tpu_rtol=tpu_rtol
                )


def _kind_of(x: Any) -> str:
    return type(x).__name__


def _written(config: dict[str, Any]) -> str:
    """A configuration as text: objects in it by what they are, tuples as lists."""
    return json.dumps(keras.saving.serialize_keras_object(config), sort_keys=True)


def _public(instance: Any) -> list[str]:
    return [name for name in dir(instance) if not name.startswith("_")]


def _has_device(backend: str, kind: str) -> bool:
    if keras.backend.backend() != backend:
        return False
    devices = keras.distribution.list_devices()
    return any(device.startswith(f"{kind}:") for device in devices)


def jax_uses_gpu() -> bool:
    """Whether the backend is JAX, on a GPU."""
    return _has_device("jax", "gpu")


def jax_uses_tpu() -> bool:
    """Whether the backend is JAX, on a TPU."""
    return _has_device("jax", "tpu")


def tensorflow_uses_gpu() -> bool:
    """Whether the backend is TensorFlow, on a GPU."""
    return _has_device("tensorflow", "gpu")


def tensorflow_uses_tpu() -> bool:
    """Whether the backend is TensorFlow, on a TPU."""
    return _has_device("tensorflow", "tpu")


def torch_uses_gpu() -> bool:
    """Whether the backend is torch, on a GPU."""
    return _has_device("torch", "gpu")


def uses_gpu() -> bool:
    """Whether the backend computes on a GPU."""
    return jax_uses_gpu() or tensorflow_uses_gpu() or torch_uses_gpu()


def uses_tpu() -> bool:
    """Whether the backend computes on a TPU."""
    return jax_uses_tpu() or tensorflow_uses_tpu()
