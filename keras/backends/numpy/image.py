"""Image kernels of the NumPy backend: none; the ops are composed of others."""
