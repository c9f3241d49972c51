"""Tests of `keras.preprocessing`, and of what `keras.utils` has from there."""
