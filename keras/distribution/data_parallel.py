"""`DataParallel`: the whole model on every device, a part of each batch."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from keras.core.facts import public_class
from keras.distribution.base import Distribution
from keras.distribution.devices import list_devices
from keras.distribution.mesh import DeviceMesh


@public_class("keras.distribution", loadable=False)
class DataParallel(Distribution):
    """Every device holds all weights and works on its part of each batch.

    Args:
        device_mesh: a mesh with one axis; by default of all devices.
        devices: instead of a mesh, the names of the devices.
        auto_shard_dataset: whether each process gets all data and takes its part of
            every batch; False if its data are its own part already.

    Raises:
        ValueError: if the mesh is none, or there are no devices.

    Example:

    >>> import keras
    >>> parallel = keras.distribution.DataParallel(devices=["cpu:0"])
    >>> parallel.num_model_replicas
    1
    """

    def __init__(
        self,
        device_mesh: DeviceMesh | None = None,
        devices: Any = None,
        auto_shard_dataset: bool = True,
    ) -> None:
        if device_mesh is None:
            names = np.array(list_devices() if devices is None else devices).ravel()
            device_mesh = DeviceMesh((names.size,), ["batch"], names)
        elif not isinstance(device_mesh, DeviceMesh):
            raise ValueError(
                "`device_mesh` must be a keras.distribution.DeviceMesh. Received: "
                f"{device_mesh!r} of type {type(device_mesh).__name__}."
            )
        if len(device_mesh.shape) > 1:
            warnings.warn(
                f"DataParallel splits batches over the first axis of {device_mesh}; "
                "along the others all devices do the same. Use a mesh of one axis, or "
                "ModelParallel.",
                stacklevel=2,
            )
        super().__init__(device_mesh, None, auto_shard_dataset)
