"""Image kernels of the TensorFlow backend: none that XLA compiles for every case."""
