"""One model over many devices: a mesh, layouts of tensors on it, and who gets what.

What moves and adds up tensors is the framework: GSPMD on JAX, `torch.distributed` on
torch, `tf.distribute` on TensorFlow.
"""

from keras.core.surface import surface as _surface
from keras.distribution.current import distribution as distribution
from keras.distribution.current import set_distribution as set_distribution
from keras.distribution.data_parallel import DataParallel as DataParallel
from keras.distribution.devices import get_device_count as get_device_count
from keras.distribution.devices import initialize as initialize
from keras.distribution.devices import list_devices as list_devices
from keras.distribution.layout import TensorLayout as TensorLayout
from keras.distribution.layout import distribute_tensor as distribute_tensor
from keras.distribution.layout_map import LayoutMap as LayoutMap
from keras.distribution.mesh import DeviceMesh as DeviceMesh
from keras.distribution.model_parallel import ModelParallel as ModelParallel
from keras.distribution.planning import Plan as Plan
from keras.distribution.planning import plan as plan

__all__, __dir__ = _surface(globals())
