"""Tests of `keras.applications`."""
