"""Classes that a backend has specialised pass for those that their authors wrote."""

import abc
import copy
import functools
import inspect
import pickle
from collections import Counter

import numpy as np
import pytest

import keras
from keras import layers
from keras.core.classes import declared_class
from keras.models.functional import Functional


class Twice(layers.Dense):
    """A user's layer."""

    def call(self, inputs):
        return super().call(inputs) * 2


class Abstract(keras.Layer, abc.ABC):
    """A user's layer with a metaclass of its own."""

    @abc.abstractmethod
    def call(self, inputs): ...


class Concrete(Abstract):
    def call(self, inputs):
        return inputs


class Graph(keras.Model):
    """A user's model, which may be made from a graph."""


def _of_a_graph(cls):
    x = keras.Input((2,))
    return cls(x, layers.Dense(1)(x))


MADE = {
    "layer": (layers.Dense, lambda: layers.Dense(1)),
    "no weights": (layers.Dropout, lambda: layers.Dropout(0.5)),
    "user's layer": (Twice, lambda: Twice(1)),
    "abstract base": (Concrete, Concrete),
    "sequential": (keras.Sequential, lambda: keras.Sequential([])),
    "functional": (Functional, lambda: _of_a_graph(keras.Model)),
    "user's model": (Graph, Graph),
    "user's model of a graph": (Graph, lambda: _of_a_graph(Graph)),
    "optimizer": (keras.optimizers.Adam, keras.optimizers.Adam),
    "metric": (keras.metrics.Mean, keras.metrics.Mean),
}


@pytest.mark.parametrize("what", MADE)
def test_the_class_of_an_object_is_found_where_the_public_one_is(backend, what):
    """Tables, sets, comparisons, names and checks by class."""
    cls, make = MADE[what]
    made = type(make())
    assert made == cls and cls == made and (made != cls) is False
    assert {cls: "found"}[made] == "found" and {made: "found"}[cls] == "found"
    assert made in (layers.Conv2D, cls) and made in {cls}
    assert Counter([made, cls, made]) == {cls: 3}
    assert made != layers.Conv2D and made not in {layers.Conv2D: 1}
    assert (made.__name__, made.__qualname__) == (cls.__name__, cls.__qualname__)
    assert made.__module__ == cls.__module__ and repr(made) == repr(cls)
    assert issubclass(made, cls) and issubclass(cls, made)
    assert inspect.signature(made) == inspect.signature(cls)
    assert pickle.loads(pickle.dumps(made)) is cls and copy.deepcopy(made) == cls
    assert declared_class(made) is cls


def test_single_dispatch_by_class(backend):
    """The functions of a class and of its bases are found."""

    @functools.singledispatch
    def name(layer):
        return "any"

    name.register(layers.Layer, lambda layer: "layer")
    name.register(layers.Dense, lambda layer: "dense")
    assert [name(x) for x in (layers.Dense(1), Twice(1), layers.ReLU(), 1)] == [
        "dense",
        "dense",
        "layer",
        "any",
    ]


def test_instances_of_the_class_of_an_object(backend):
    """`isinstance(a, type(b))`, `type(b)(…)` and subclasses of it."""
    dense = layers.Dense(3)
    assert isinstance(Twice(1), type(dense)) and isinstance(dense, type(dense))
    assert not isinstance(dense, type(Twice(1)))
    assert issubclass(Twice, type(dense)) and not issubclass(layers.ReLU, type(dense))

    class Half(type(dense)):
        def call(self, inputs):
            return super().call(inputs) / 2

    half = Half(2, kernel_initializer="ones")
    made = type(half)
    assert made == Half != layers.Dense and declared_class(half) is Half
    assert isinstance(half, layers.Dense) and half.get_config()["units"] == 2
    assert keras.ops.convert_to_numpy(half(np.ones((1, 4)))).tolist() == [[2, 2]]
    again = copy.deepcopy(half)
    assert isinstance(again, Half)
    assert keras.ops.convert_to_numpy(again(np.ones((1, 4)))).tolist() == [[2, 2]]


def test_the_class_of_an_object_makes_objects_of_the_current_backend():
    """Not of that on which the object was made."""
    with keras.backend_scope("torch"):
        made = type(layers.Dense(1))
    for name in ("numpy", "torch"):
        with keras.backend_scope(name):
            layer = made(2, kernel_initializer="ones")
            assert layer._keras_backend.name == name and layer.units == 2
            assert layer(np.ones((1, 3))).shape == (1, 2)


def test_a_class_that_is_a_graph_or_not(backend):
    """One class of the user's, made in both ways: each call is what it is."""

    class Either(keras.Model):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)

    graph, plain = _of_a_graph(Either), Either()
    assert {type(graph), type(plain)} == {Either}
    assert graph(np.ones((1, 2))).shape == (1, 1)
    with pytest.raises(NotImplementedError, match="does not define `call"):
        plain(np.ones((1, 2)))


def test_abstract_bases_of_layers(backend: str) -> None:
    class Base(abc.ABC):
        @abc.abstractmethod
        def rate(self) -> float: ...

    class Mine(layers.Layer, Base):
        def rate(self) -> float:
            return 1.0

    mine, other = Mine(), layers.Dense(1)
    assert isinstance(mine, Base) and isinstance(mine, Mine)
    assert isinstance(mine, type(mine))
    for cls in (Base, Mine, type(mine)):
        assert not isinstance(other, cls) and not isinstance(3, cls)

    @Mine.register
    class Passes:
        pass

    assert all(isinstance(Passes(), cls) for cls in (Base, Mine, type(mine)))
