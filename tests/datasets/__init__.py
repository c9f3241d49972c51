"""Tests of `keras.datasets`: small files of the real formats, from a local server."""
