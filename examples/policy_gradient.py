"""Balance a pole on a cart: the policy gradient, in the words of `train_on_batch`.

    python examples/policy_gradient.py --backend jax

REINFORCE is a classifier of actions whose sample weights are how well these turned out.
The cart is 30 lines of NumPy, with the physics of Barto, Sutton and Anderson, 1983.
(Williams, "Simple statistical gradient-following algorithms", 1992.)
"""

from __future__ import annotations

import argparse

import numpy as np

import keras


class Carts:
    """Several carts with poles at once; each falls for itself."""

    def __init__(self, count: int, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        self.count = count

    def reset(self) -> np.ndarray:
        """All carts near the middle, with poles nearly upright."""
        self.state = self.random.uniform(-0.05, 0.05, (self.count, 4))
        return self.state.astype("float32")

    def step(self, action: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The next states, and which poles stand."""
        x, speed, angle, turn = self.state.T
        force, sin, cos = 20.0 * action - 10.0, np.sin(angle), np.cos(angle)
        push = (force + 0.05 * turn**2 * sin) / 1.1
        turned = (9.8 * sin - cos * push) / (0.5 * (4.0 / 3.0 - 0.1 * cos**2 / 1.1))
        moved = push - 0.05 * turned * cos / 1.1
        change = np.stack([speed, moved, turn, turned], 1)
        self.state = self.state + 0.02 * change
        stands = (np.abs(self.state[:, 0]) < 2.4) & (np.abs(self.state[:, 2]) < 0.21)
        return self.state.astype("float32"), stands


def make_policy() -> keras.Model:
    """From a state to the probabilities of pushing left and right."""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(32, activation="tanh"),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    return model


def play(policy: keras.Model, carts: Carts, longest: int) -> tuple[np.ndarray, ...]:
    """States, actions, and for each how long the pole stood after it."""
    state, alive = carts.reset(), np.ones(carts.count, bool)
    states, actions, standing = [], [], []
    for _ in range(longest):
        right = policy.predict_on_batch(state)[:, 1]
        action = (carts.random.random(carts.count) < right).astype("int32")
        states.append(state)
        actions.append(action)
        standing.append(alive)
        state, stands = carts.step(action)
        alive = alive & stands
        if not alive.any():
            break
    mask = np.array(standing)
    after = np.cumsum(mask[::-1], axis=0)[::-1]
    return np.array(states)[mask], np.array(actions)[mask], after[mask], mask.sum(0)


def train(policy: keras.Model, rounds: int, count: int = 16, longest: int = 200):
    """The average length of a game in each round."""
    carts, lengths = Carts(count), []
    rows = count * longest  # one shape for all rounds: nothing is compiled twice
    for _ in range(rounds):
        states, actions, after, played = play(policy, carts, longest)
        advantage = (after - after.mean()) / (after.std() + 1e-6)
        empty = [(0, rows - len(actions))]
        policy.train_on_batch(
            np.pad(states, [*empty, (0, 0)]),
            np.pad(actions, empty),
            sample_weight=np.pad(advantage, empty).astype("float32"),
        )
        lengths.append(float(played.mean()))
    return lengths


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", default="torch")
    parser.add_argument("--rounds", type=int, default=60)
    arguments = parser.parse_args()
    keras.config.set_backend(arguments.backend)
    keras.utils.set_random_seed(0)
    lengths = train(make_policy(), arguments.rounds)
    print(f"Steps that the pole stands, first rounds: {np.mean(lengths[:5]):.0f}")
    print(f"Last rounds: {np.mean(lengths[-5:]):.0f} of 200")


if __name__ == "__main__":
    main()
