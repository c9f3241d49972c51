"""SeedGenerator: explicit random state, the process-wide one, and `set_random_seed`."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops, random
from keras.random.seed import global_seed_generator, set_random_seed


def numpy_of(x: Any) -> list[Any]:
    return np.asarray(ops.convert_to_numpy(x)).tolist()


def draw(seed: Any) -> list[Any]:
    return numpy_of(random.uniform((3,), seed=seed))


def test_each_draw_is_another(backend: str) -> None:
    source = random.SeedGenerator(3)
    first, second = draw(source), draw(source)
    assert first != second
    assert numpy_of(source.state.value) == [3, 2]
    again = random.SeedGenerator(3)
    assert [draw(again), draw(again)] == [first, second]


def test_next_is_the_state_before(backend: str) -> None:
    source = random.SeedGenerator(5)
    assert numpy_of(source.next()) == [5, 0]
    assert numpy_of(source.next(ordered=False)) == [5, 1]
    assert numpy_of(source.state.value) == [5, 2]


def test_assigning_the_state_takes_effect(backend: str) -> None:
    source = random.SeedGenerator(3)
    first = draw(source)
    draw(source)
    source.state.assign([3, 0])
    assert draw(source) == first
    source.state.assign([4, 0])
    assert draw(source) == draw(random.SeedGenerator(4))


def test_a_stateless_scope_keeps_the_state(backend: str) -> None:
    source = random.SeedGenerator(3)
    expected = [draw(source), draw(source)]
    source.state.assign([3, 0])
    with keras.StatelessScope() as scope:
        found = [draw(source), draw(source)]
    assert found == expected
    assert numpy_of(source.state.value) == [3, 0]
    assert numpy_of(scope.get_current_value(source.state)) == [3, 2]


def test_a_copy_goes_its_own_way(backend: str) -> None:
    source = random.SeedGenerator(3)
    draw(source)
    twin = copy.deepcopy(source)
    assert draw(twin) == draw(source)
    draw(twin)
    assert numpy_of(source.state.value) == [3, 2]


def test_pickle(backend: str) -> None:
    source = random.SeedGenerator(3)
    draw(source)
    assert draw(pickle.loads(pickle.dumps(source))) == draw(source)


def test_config(backend: str) -> None:
    source = random.SeedGenerator(3, name="noise")
    again = random.SeedGenerator.from_config(source.get_config())
    assert again.get_config() == {"seed": 3, "name": "noise"}
    assert draw(again) == draw(source)


def test_it_stays_on_its_backend(backend: str) -> None:
    source = random.SeedGenerator(3)
    with keras.backend_scope("numpy"):
        state = source.next()
    assert keras.backends.current().is_tensor(state)


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, "x"])
def test_wrong_seeds(seed: Any) -> None:
    with pytest.raises(ValueError, match="`seed` must be an integer from 0"):
        random.SeedGenerator(seed)
    with pytest.raises(ValueError, match="`seed` must be an integer from 0"):
        set_random_seed(seed)


def test_unknown_arguments() -> None:
    with pytest.raises(ValueError, match="`seed` and `name`.*'sede'"):
        random.SeedGenerator(sede=1)


def test_set_random_seed_starts_all_anew(backend: str) -> None:
    import random as python_random

    def everything() -> list[Any]:
        return [
            draw(None),
            draw(None),
            draw(random.SeedGenerator()),
            python_random.random(),
            np.random.random(),
        ]

    set_random_seed(5)
    first = everything()
    assert first[0] != first[1]
    set_random_seed(5)
    assert everything() == first
    set_random_seed(6)
    assert everything()[0] != first[0]


def test_each_backend_has_its_own_global_generator(backend: str) -> None:
    assert global_seed_generator() is global_seed_generator()
    with keras.backend_scope("numpy"):
        other = global_seed_generator()
    assert (other is global_seed_generator()) == (backend == "numpy")


def test_torch_notes_what_others_do_to_the_state() -> None:
    torch = pytest.importorskip("torch")
    with keras.backend_scope("torch"):
        source = random.SeedGenerator(3)
        expected = [draw(source) for _ in range(4)]
        source.state.assign([3, 0])

        def function(x: Any) -> Any:
            return random.dropout(x, 0.5, seed=source)

        torch._dynamo.reset()
        compiled = torch.compile(function, fullgraph=True, backend="eager")
        x = ops.ones((50,))
        first, second = compiled(x), compiled(x)
        assert not torch.equal(first, second)
        assert numpy_of(source.state.value) == [3, 2]
        assert draw(source) == expected[2]
        source.state.assign([3, 0])
        assert torch.equal(compiled(x), first)


@pytest.mark.parametrize("name", ["jax", "tensorflow"])
def test_compiled_code_draws_the_same(name: str) -> None:
    pytest.importorskip(name)
    with keras.backend_scope(name):
        source = random.SeedGenerator(3)

        def function(state: Any) -> tuple[Any, ...]:
            with keras.StatelessScope([(source.state, state)]) as scope:
                drawn = (
                    random.normal((5,), seed=source),
                    random.uniform((5,), seed=source),
                    random.truncated_normal((5,), seed=source),
                    random.randint((5,), 0, 99, seed=source),
                    random.dropout(ops.ones((9,)), 0.5, seed=source),
                    random.shuffle(ops.arange(9), seed=source),
                    random.categorical(ops.zeros((2, 3)), 4, seed=source),
                )
                return *drawn, scope.get_current_value(source.state)

        state = ops.convert_to_tensor([3, 0], dtype="uint32")
        for got, want in zip(compiled(name, function)(state), function(state)):
            np.testing.assert_allclose(numpy_of(got), numpy_of(want), rtol=1e-5)


def compiled(name: str, function: Any) -> Any:
    """The function compiled by the framework's own means."""
    if name == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function, jit_compile=True, autograph=False)
