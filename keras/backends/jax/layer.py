"""What layers are on the JAX backend, beside Keras layers: nothing."""

layer_mixin = None
optimizer_mixin = None
