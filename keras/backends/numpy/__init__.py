"""The NumPy backend: the reference for values, and inference with nothing else."""
