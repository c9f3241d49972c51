"""Keras: one deep-learning API on JAX, TensorFlow, PyTorch and NumPy.

Names are loaded when they are first used (PEP 562): `import keras` costs next to
nothing and imports no framework. Type checkers and editors read the imports below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "3.16.0"

# Public name -> the module that defines it.
_NAMES = {
    "DTypePolicy": "keras.dtype_policies",
    "FloatDTypePolicy": "keras.dtype_policies",
    "Function": "keras.models.graph",
    "Initializer": "keras.initializers",
    "Input": "keras.layers",
    "InputSpec": "keras.layers",
    "KerasTensor": "keras.core.keras_tensor",
    "Layer": "keras.layers",
    "Loss": "keras.losses",
    "Metric": "keras.metrics",
    "Model": "keras.models",
    "Operation": "keras.ops.operation",
    "Optimizer": "keras.optimizers",
    "Quantizer": "keras.quantizers",
    "Regularizer": "keras.regularizers",
    "RematScope": "keras.core.remat_scope",
    "Sequential": "keras.models",
    "StatelessScope": "keras.core.scopes",
    "SymbolicScope": "keras.core.scopes",
    "Variable": "keras.backends.variable",
    "backend_scope": "keras.backends",
    "device": "keras.backends.device",
    "grad": "keras.transforms",
    "jit": "keras.transforms",
    "name_scope": "keras.core.naming",
    "remat": "keras.transforms",
    "value_and_grad": "keras.transforms",
    "vmap": "keras.transforms",
    "version": "keras.core.version",
}
# Classes of the floors below the ops, which give them Python's operators.
_WITH_OPERATORS = ("KerasTensor", "Variable")
_MODULES = (
    "activations",
    "applications",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "debug",
    "distillation",
    "distribution",
    "dtype_policies",
    "export",
    "initializers",
    "layers",
    "legacy",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "ops",
    "optimizers",
    "preprocessing",
    "quantizers",
    "random",
    "regularizers",
    "saving",
    "tree",
    "utils",
    "visualization",
    "wrappers",
)

if TYPE_CHECKING:
    from keras import activations as activations
    from keras import applications as applications
    from keras import backend as backend
    from keras import callbacks as callbacks
    from keras import config as config
    from keras import constraints as constraints
    from keras import datasets as datasets
    from keras import debug as debug
    from keras import distillation as distillation
    from keras import distribution as distribution
    from keras import dtype_policies as dtype_policies
    from keras import export as export
    from keras import initializers as initializers
    from keras import layers as layers
    from keras import legacy as legacy
    from keras import losses as losses
    from keras import metrics as metrics
    from keras import mixed_precision as mixed_precision
    from keras import models as models
    from keras import ops as ops
    from keras import optimizers as optimizers
    from keras import preprocessing as preprocessing
    from keras import quantizers as quantizers
    from keras import random as random
    from keras import regularizers as regularizers
    from keras import saving as saving
    from keras import tree as tree
    from keras import utils as utils
    from keras import visualization as visualization
    from keras import wrappers as wrappers
    from keras.backends import backend_scope as backend_scope
    from keras.backends.device import device_scope as device
    from keras.backends.variable import Variable as Variable
    from keras.core.keras_tensor import KerasTensor as KerasTensor
    from keras.core.naming import name_scope as name_scope
    from keras.core.remat_scope import RematScope as RematScope
    from keras.core.scopes import StatelessScope as StatelessScope
    from keras.core.scopes import SymbolicScope as SymbolicScope
    from keras.core.version import version as version
    from keras.dtype_policies import DTypePolicy as DTypePolicy
    from keras.dtype_policies import FloatDTypePolicy as FloatDTypePolicy
    from keras.initializers import Initializer as Initializer
    from keras.layers import Input as Input
    from keras.layers import InputSpec as InputSpec
    from keras.layers import Layer as Layer
    from keras.losses import Loss as Loss
    from keras.metrics import Metric as Metric
    from keras.models import Model as Model
    from keras.models import Sequential as Sequential
    from keras.models.graph import Function as Function
    from keras.ops.operation import Operation as Operation
    from keras.optimizers import Optimizer as Optimizer
    from keras.quantizers import Quantizer as Quantizer
    from keras.regularizers import Regularizer as Regularizer
    from keras.transforms import grad as grad
    from keras.transforms import jit as jit
    from keras.transforms import remat as remat
    from keras.transforms import value_and_grad as value_and_grad
    from keras.transforms import vmap as vmap

__all__ = ["__version__", *_NAMES, *_MODULES]  # pyright: ignore


def __getattr__(name: str) -> Any:
    import importlib  # only who asks for a name pays

    if name in _NAMES:
        if name in _WITH_OPERATORS:
            importlib.import_module("keras.ops.operators")
        module = importlib.import_module(_NAMES[name])
        value = getattr(module, "device_scope" if name == "device" else name)
    elif name in _MODULES or name == "src":  # which packages reach into
        value = importlib.import_module(f"keras.{name}")
    else:
        raise AttributeError(f"module 'keras' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    hidden = [name for name in globals() if name.startswith("__")]
    return sorted({*__all__, *hidden})
