"""Tests of the programs in `examples/`, at small size."""
