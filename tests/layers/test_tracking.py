"""What a layer owns is what its attributes hold, however they are changed."""

from __future__ import annotations

import collections
import copy
import pickle
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import pytest

import keras
from keras import layers, ops
from keras.core.tracking import Tracker


def dense(name: str) -> Any:
    return layers.Dense(1, name=name)


class Holder(keras.Layer):
    def __init__(self, held: Any = None) -> None:
        super().__init__()
        self.held = held

    def call(self, inputs: Any) -> Any:
        return inputs


def names(layer: Any) -> set[str]:
    found = {each.name for each in layer._layers}
    if hasattr(layer, "_modules"):  # a torch module: torch sees the same
        assert {id(m) for m in layer._modules.values()} == set(map(id, layer._layers))
    return found


LISTS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "pop": (lambda x: x.pop(), "ab"),
    "pop first": (lambda x: x.pop(0), "bc"),
    "remove": (lambda x: x.remove(x[1]), "ac"),
    "del": (lambda x: x.__delitem__(0), "bc"),
    "del slice": (lambda x: x.__delitem__(slice(0, 2)), "c"),
    "clear": (lambda x: x.clear(), ""),
    "insert": (lambda x: x.insert(0, dense("n")), "abcn"),
    "append": (lambda x: x.append(dense("n")), "abcn"),
    "set": (lambda x: x.__setitem__(0, dense("n")), "bcn"),
    "set slice": (lambda x: x.__setitem__(slice(0, 2), [dense("n")]), "cn"),
    "+=": (lambda x: x.__iadd__([dense("n")]), "abcn"),
    "*= 0": (lambda x: x.__imul__(0), ""),
    "reverse": (lambda x: x.reverse(), "abc"),
    "sort": (lambda x: x.sort(key=lambda y: y.name, reverse=True), "abc"),
    "nested": (lambda x: x.append([dense("n")]), "abcn"),
}
DICTS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "pop": (lambda x: x.pop("a"), "bc"),
    "popitem": (lambda x: x.popitem(), "ab"),
    "del": (lambda x: x.__delitem__("a"), "bc"),
    "clear": (lambda x: x.clear(), ""),
    "set": (lambda x: x.__setitem__("a", dense("n")), "bcn"),
    "update": (lambda x: x.update(n=dense("n")), "abcn"),
    "|=": (lambda x: x.__ior__({"n": dense("n")}), "abcn"),
    "setdefault": (lambda x: x.setdefault("n", []).append(dense("n")), "abcn"),
}
SETS: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "discard": (lambda x, a: x.discard(a), "bc"),
    "remove": (lambda x, a: x.remove(a), "bc"),
    "clear": (lambda x, a: x.clear(), ""),
    "add": (lambda x, a: x.add(dense("n")), "abcn"),
    "|=": (lambda x, a: x.__ior__({dense("n")}), "abcn"),
    "-=": (lambda x, a: x.__isub__({a}), "bc"),
    "&=": (lambda x, a: x.__iand__({a}), "a"),
    "^=": (lambda x, a: x.__ixor__({a}), "bc"),
}


@pytest.mark.parametrize("change", LISTS)
def test_lists(backend: str, change: str) -> None:
    layer = Holder([dense(name) for name in "abc"])
    act, left = LISTS[change]
    act(layer.held)
    assert names(layer) == set(left)


@pytest.mark.parametrize("kind", [dict, collections.OrderedDict])
@pytest.mark.parametrize("change", DICTS)
def test_dicts(backend: str, change: str, kind: Any) -> None:
    layer = Holder(kind((name, dense(name)) for name in "abc"))
    act, left = DICTS[change]
    act(layer.held)
    assert isinstance(layer.held, kind) and names(layer) == set(left)


@pytest.mark.parametrize("change", SETS)
def test_sets(backend: str, change: str) -> None:
    a, b, c = map(dense, "abc")
    layer = Holder({a, b, c})
    act, left = SETS[change]
    act(layer.held, a)
    assert names(layer) == set(left)


def test_other_containers(backend: str) -> None:
    class Mine(list[Any]):
        note = 3

    pair = collections.namedtuple("pair", "a b")
    layer = Holder(pair(dense("a"), [dense("b")]))
    layer.held.b.append(dense("c"))
    assert type(layer.held) is pair and names(layer) == {"a", "b", "c"}
    layer.held = Mine([dense("d")])
    assert isinstance(layer.held, Mine) and layer.held.note == 3
    assert names(layer) == {"d"}
    layer.held = collections.defaultdict(list)
    layer.held["x"].append(dense("e"))
    assert names(layer) == {"e"}
    del layer.held
    assert names(layer) == set() and layer.weights == []


def test_attributes(backend: str) -> None:
    layer = Holder(dense("a"))
    layer.again = layer.held
    layer.held = dense("b")
    assert names(layer) == {"a", "b"}
    layer.again = None
    assert names(layer) == {"b"}


def test_copies_go_on_to_follow(backend: str) -> None:
    layer = Holder([dense("a"), dense("b")])
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        other.held.pop()
        assert names(other) == {"a"} and names(layer) == {"a", "b"}


def test_before_the_constructor_of_the_base(backend: str) -> None:
    class Early(keras.Layer):
        def __init__(self) -> None:
            self.flag = True
            self.scale = keras.Variable(np.ones(2))
            self.parts = [dense("a")]
            super().__init__()

    layer = Early()
    assert layer.flag and len(layer.weights) == 1 and names(layer) == {"a"}


def test_a_built_layer_takes_nothing_new(backend: str) -> None:
    layer = Holder([dense("a")])
    layer(np.ones((1, 2), "float32"))
    for add in (
        lambda: setattr(layer, "extra", keras.Variable(1.0)),
        lambda: setattr(layer, "extra", dense("b")),
        lambda: layer.add_weight((1,)),
        lambda: layer.held.append(dense("b")),
    ):
        with pytest.raises(ValueError, match="is built"):
            add()
    layer.note = {"free": [1]}
    layer.held[0] = dense("c")  # surgery
    assert names(layer) == {"c"} and len(layer.held) == 1
    with pytest.raises(ValueError, match="is built"):
        built = layers.Dense(2)
        built.build((None, 2))
        built.build((None, 2))


def test_nothing_is_made_in_call(backend: str) -> None:
    class Late(keras.Layer):
        def call(self, inputs: Any) -> Any:
            self.part = dense("a")
            return inputs

    with pytest.raises(ValueError, match="is built"):
        Late()(np.ones((1, 2), "float32"))


def test_mocks_are_no_layers(backend: str) -> None:
    layer = Holder(mock.MagicMock())
    assert layer._layers == []
    model = keras.Sequential([keras.Input((2,)), dense("a")])
    with mock.patch.object(model, "call") as patched:
        assert model.call is patched
    assert model.call is not patched


def test_attributes_of_a_sequential_are_no_steps(backend: str) -> None:
    model = keras.Sequential([keras.Input((2,)), dense("a")])
    model.extra = layers.Dense(5, name="b")
    assert [layer.name for layer in model.layers] == ["a"]
    assert model(np.ones((1, 2), "float32")).shape == (1, 1)
    model.add(dense("c"))
    assert [layer.name for layer in model.layers] == ["a", "c"]


def test_frozen_from_the_start(backend: str) -> None:
    layer = layers.Dense(2, trainable=False)
    layer.build((None, 3))
    assert not layer.kernel.trainable and layer.trainable_variables == []
    if backend == "torch":
        assert [p.requires_grad for p in layer.parameters()] == [False, False]
    layer.trainable = True
    assert layer.kernel.trainable and len(layer.trainable_variables) == 2


def test_metrics_own_what_their_lists_hold(backend: str) -> None:
    metric = keras.metrics.Mean()
    metric.extra = [keras.Variable(1.0)]
    metric.parts = {"sum": keras.metrics.Sum()}
    assert len(metric.variables) == 4
    metric.extra.append(keras.Variable(2.0))
    metric.reset_state()
    assert [float(v.numpy()) for v in metric.variables] == [0.0] * 5
    metric.parts.clear()
    assert len(copy.deepcopy(metric).variables) == 4


def test_a_layer_of_a_graph_is_pickled_alone(backend: str) -> None:
    layer = keras.layers.Dense(2)
    inputs = keras.Input((3,))
    outputs = layer(keras.ops.cast(inputs, "float16"))
    model = keras.Model(inputs, outputs)
    again = pickle.loads(pickle.dumps(layer))
    x = np.ones((1, 3), "float32")
    found, wanted = map(keras.ops.convert_to_numpy, (again(x), model(x)))
    np.testing.assert_allclose(found, wanted, atol=1e-3)
    assert not again._inbound_nodes
    source = pickle.loads(pickle.dumps(keras.layers.InputLayer((3,))))
    assert source.output.shape == (None, 3)


def test_no_name_of_a_layer_is_kept_from_files(backend: str, tmp_path: Any) -> None:
    class Block(layers.Layer):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self._self_attention = layers.Dense(2, use_bias=False)
            self._self_update = layers.Dense(2, use_bias=False)

        def build(self, shape: Any) -> None:
            self._self_attention.build(shape)
            self._self_update.build(shape)

        def call(self, x: Any) -> Any:
            return self._self_update(self._self_attention(x))

    first, second = (
        keras.Sequential([keras.Input((3,)), layers.Dense(2), Block()])
        for _ in range(2)
    )
    first.save_weights(tmp_path / "a.weights.h5")
    second.load_weights(tmp_path / "a.weights.h5")
    for mine, theirs in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def grow_list(held: Any, parts: list[Any]) -> None:
    for number, part in enumerate(parts):
        if number % 3 == 0:
            held.append(part)
        elif number % 3 == 1:
            held.extend([part])
        else:
            held += [part]


def grow_dict(held: Any, parts: list[Any]) -> None:
    for number, part in enumerate(parts):
        held[f"part{number}"] = part
    held["part0"] = held["part0"]


PARTS: dict[str, Callable[[], list[Any]]] = {
    "layers": lambda: [dense(name) for name in "abcd"],
    "tuples": lambda: [(dense("a"), 1), (dense("b"), dense("c")), (), dense("d")],
    "others": lambda: [3, dense("a"), None, np.ones(2), dense("b"), object()],
    "lists": lambda: [dense("a"), [dense("b")], dense("c"), ([dense("d")], dense("e"))],
    "twice": lambda: [shared := dense("a"), shared, (shared, dense("b")), dense("c")],
}


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("kind", [list, dict])
def test_what_grows_is_what_is_given_at_once(backend: str, kind: Any, parts: str):
    grown, given, made = Holder(kind()), Holder(), PARTS[parts]()
    (grow_list if kind is list else grow_dict)(grown.held, made)
    given.held = list(made) if kind is list else dict(grown.held)
    assert grown._named_layers() == given._named_layers()
    if hasattr(grown, "_modules"):
        assert list(grown._modules) == list(given._modules)
    names(grown)
    grown(ops.zeros((1, 1)))  # from now on it is built
    before = kind(grown.held)
    with pytest.raises(ValueError, match="is built"):
        if kind is list:
            grown.held.extend([1, dense("z")])
        else:
            grown.held["z"] = dense("z")
    assert kind(grown.held) == before and names(grown) == names(given)


def test_lists_grow_in_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """An append looks at what is new, not at the whole list again."""
    looked = []
    prepared = Tracker._prepared
    monkeypatch.setattr(
        Tracker, "_prepared", lambda self, x: (looked.append(1), prepared(self, x))[1]
    )
    with keras.backend_scope("numpy"):
        holder, made = Holder([]), [layers.Layer() for _ in range(60)]
        looked.clear()
        for layer in made[:20]:
            holder.held.append(layer)
        for layer in made[20:40]:
            holder.held += [layer]
        for pair in zip(made[40:50], made[50:], strict=True):
            holder.held.append(pair)
    assert len(holder._layers) == 60
    assert len(looked) < 3 * 60
