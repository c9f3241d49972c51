"""Image kernels of the JAX backend: none; the ops are composed of others."""
