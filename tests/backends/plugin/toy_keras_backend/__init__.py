"""A backend in a package of its own, as small as the forward pass of four layers.

Its tensors are of a class of its own that holds a NumPy array, so that nothing here
works by being NumPy. `docs/adding_a_backend.md` explains the files.
"""
