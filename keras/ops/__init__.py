"""The ops: NumPy's functions and a neural network's, on every backend."""
