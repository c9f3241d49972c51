"""No random numbers of its own: initializers draw on the host."""


def seed_framework(seed: int) -> None:
    """What `keras.utils.set_random_seed` asks of every backend."""
