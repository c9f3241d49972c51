"""Layers that hold what other frameworks made: modules, functions, files."""
