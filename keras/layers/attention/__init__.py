"""Layers by theme; `keras.layers` is the public name of all of them."""
