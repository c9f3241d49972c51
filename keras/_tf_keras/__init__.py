"""Where TensorFlow looks for Keras."""
