"""What layers are on the NumPy backend, beside Keras layers: nothing."""

layer_mixin = None
optimizer_mixin = None
