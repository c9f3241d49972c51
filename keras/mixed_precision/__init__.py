"""Mixed precision: the global dtype policy and loss scaling, under their old names."""

from keras.core.surface import surface as _surface
from keras.dtype_policies.policy import DTypePolicy as DTypePolicy
from keras.dtype_policies.policy import DTypePolicy as Policy
from keras.dtype_policies.policy import dtype_policy as dtype_policy
from keras.dtype_policies.policy import dtype_policy as global_policy
from keras.dtype_policies.policy import set_dtype_policy as set_dtype_policy
from keras.dtype_policies.policy import set_dtype_policy as set_global_policy
from keras.optimizers import LossScaleOptimizer as LossScaleOptimizer

__all__, __dir__ = _surface(globals())
