"""What packages built on Keras write their own tests with."""

from keras.src.testing.test_case import TestCase as TestCase
from keras.src.testing.test_case import jax_uses_gpu as jax_uses_gpu
from keras.src.testing.test_case import jax_uses_tpu as jax_uses_tpu
from keras.src.testing.test_case import tensorflow_uses_gpu as tensorflow_uses_gpu
from keras.src.testing.test_case import tensorflow_uses_tpu as tensorflow_uses_tpu
from keras.src.testing.test_case import torch_uses_gpu as torch_uses_gpu
from keras.src.testing.test_case import uses_gpu as uses_gpu
from keras.src.testing.test_case import uses_tpu as uses_tpu
