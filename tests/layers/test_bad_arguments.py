"""Wrong arguments of every core layer are told where the layer is made.

A row is a layer's arguments that are right, and the kind of each of its others. Of a
kind there are wrong values, and what the error must say beside the layer's name, the
argument's and the value. That each constructor's arguments have a row is a test too.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers
from keras.backends import current
from keras.core.facts import facts_of
from tests.layers.rows import ROWS as TABLE

NAN = float("nan")

# Kind -> what the error says is allowed, and values that are not.
KINDS: dict[str, tuple[str, list[Any]]] = {
    "count": ("positive integer", [0, -1, 1.5, "3", None, True, [1, 2], {}]),
    "count or none": ("positive integer", [0, -1, 1.5, "3", True, [1, 2], {}]),
    "sizes": ("integer of 1 or more", [0, -1, 1.5, "3", None, True, (1,) * 4, {1, 2}]),
    "sizes or none": ("integer of 1 or more", [0, 1.5, "3", True, (1,) * 4]),
    "edges": ("integer", [-1, 1.5, "3", None, True, (1,) * 4]),
    "output padding": ("integer of 0 or more", [-1, 1.5, "3", True, (1,) * 4]),
    "some axes": ("integer of 1 or more", [0, -1, 1.5, "3", True, {1, 2}]),
    "open sizes": ("integer of 1 or more", [0, -1, 1.5, True]),
    "integers": ("integer", [1.5, "3", {}, (1.5,), ((1,),)]),
    "axis": ("an integer", [1.5, "3", {}, ("a",), [1.5], ((1, 1),)]),
    "one axis": ("an integer", [1.5, "3", {}, (1, 2), None]),
    "group axis": ("not 0", [0, 1.5, "3", None]),
    "groups": ("positive integer, or -1", [0, -2, 1.5, "3", None]),
    "axes of samples": ("axes", [0, (0, 1), (1, 2, 3), "3", 1.5, None]),
    "rate": ("number from 0 to 1", [-0.5, 1.5, NAN, "0.5", None, True, [0.5]]),
    "number": ("a number", ["x", None, [1.0, 2.0], {}]),
    "value": ("a number", ["x", None, {}]),
    "positive": ("number above 0", [0, -1.0, NAN, "x", True, [1.0]]),
    "from 0": ("a number, 0 or more", [-1, NAN, "x", None, [1.0]]),
    "from 0 or none": ("a number, 0 or more", [-1, NAN, "x", [1.0]]),
    "padding": ("one of 'valid', 'same'", ["full", 1, None]),
    "data format": ("channels_last, channels_first", ["NHWC", 1, [1]]),
    "interpolation": ("one of 'nearest', 'bilinear'", ["cubic", 1, None]),
    "activation": ("activation identifier", ["reluu", 1, [1], {"a": 1}]),
    "initializer": ("initializer", ["zeross", 1.5, [1], {"a": 1}]),
    "regularizer": ("regularizer", ["l3", 1, [1], {"a": 1}]),
    "constraint": ("constraint", ["nonneg0", 1, [1], {"a": 1}]),
    "seed": ("an integer from 0 to 2**32 - 1", [-1, 2**32, 1.5, "x", True]),
    "flag": ("True or False", ["x", None, 1.5, [1]]),
    "flash": ("one of None, True, False", ["x", 2, [1]]),
    "cudnn": ("one of 'auto', True, False", ["x", 2, None]),
    "merge mode": ("one of 'sum', 'mul', 'ave', 'concat', None", ["max", 1]),
    "score mode": ("one of 'dot', 'concat'", ["sum", 1, None]),
    "equation": ("the form 'input,kernel->output'", ["ab->ab", "x", 1, "a,b,c->d"]),
    "bias axes": ("axes of the output", ["x", "", 1, ["c"]]),
    "output shape": ("size", [(1, 2), ()]),
    "layer": ("layer", [None, "Dense", 3, np.ones(2)]),
    "cells": ("at least one cell", [None, [], 3]),
    "function": ("callable", [None, "relu", 3]),
    "options": ("a dict", [3, "x", [1]]),
    "array": ("an array", [3, "x", [1]]),
    "arrays": ("a list of arrays", [3, "x", np.ones(2)]),
    "target shape": (
        "target_shape",
        [(-1, -1), (4, -3), (1.5,), (True,), (None, 3), "ab", None],
    ),
    "dims": ("dims", [(0, 1), (1, 1), "12", (1.5,), None]),
    "noise shape": ("positive integers and None", [(0,), (-1,), "3", 2, (1.5,)]),
    "free": ("", []),  # anything goes, or the layer inside says what
}
# Arguments of the same name mean the same in every layer.
EVERYWHERE = {
    "filters": "count",
    "kernel_size": "sizes",
    "strides": "sizes",
    "dilation_rate": "sizes",
    "padding": "padding",
    "data_format": "data format",
    "depth_multiplier": "count",
    "groups": "count",
    "units": "count",
    "seed": "seed",
    "rate": "rate",
    "dropout": "rate",
    "recurrent_dropout": "rate",
    "lora_rank": "count or none",
    "lora_alpha": "free",
    "noise_shape": "noise shape",
    "epsilon": "from 0",
    "weights": "array",
    "sliding_window": "count or none",
    "flash_attention": "flash",
    "use_cudnn": "cudnn",
    "activation": "activation",
    "recurrent_activation": "activation",
    "quantization_config": "free",
    "name": "free",
    "dtype": "free",
}
FAMILIES = ("initializer", "regularizer", "constraint")
CONV = {"filters": 4, "kernel_size": 2}
CONVS = {"Conv1D": 1, "Conv2D": 2, "Conv3D": 3}
POOL = {"pool_size": "sizes", "strides": "sizes or none"}
EMBEDDING = {"input_dim": 5, "output_dim": 3}
COUNTS = {"input_dim": "count", "output_dim": "count"}
RNN = {"units": 3}
Row = tuple[dict[str, Any], dict[str, str]]

ROWS: dict[str, Row] = {
    "Dense": (RNN, {}),
    "EinsumDense": (
        {"equation": "ab,bc->ac", "output_shape": 3},
        {
            "equation": "equation",
            "output_shape": "output shape",
            "bias_axes": "bias axes",
            "gptq_unpacked_column_size": "free",
        },
    ),
    "Embedding": (EMBEDDING, COUNTS),
    "ReversibleEmbedding": (
        EMBEDDING,
        {**COUNTS, "reverse_dtype": "free", "logit_soft_cap": "positive"},
    ),
    "Masking": ({}, {"mask_value": "value"}),
    "Lambda": (
        {"function": abs},
        {
            "function": "function",
            "arguments": "options",
            "output_shape": "free",
            "mask": "free",
        },
    ),
    "Wrapper": ({"layer": layers.Identity}, {"layer": "layer"}),
    "TimeDistributed": ({"layer": layers.Identity}, {"layer": "layer"}),
    "SpectralNormalization": (
        {"layer": lambda: layers.Dense(2)},
        {"layer": "layer", "power_iterations": "count"},
    ),
    "Bidirectional": (
        {"layer": lambda: layers.GRU(2)},
        {
            "layer": "layer",
            "merge_mode": "merge mode",
            "weights": "arrays",
            "backward_layer": "free",
        },
    ),
    "Activation": ({"activation": "relu"}, {}),
    "ReLU": (
        {},
        {
            "max_value": "from 0 or none",
            "negative_slope": "from 0",
            "threshold": "from 0",
        },
    ),
    "LeakyReLU": ({}, {"negative_slope": "from 0"}),
    "PReLU": ({}, {"shared_axes": "some axes"}),
    "ELU": ({}, {"alpha": "number"}),
    "Softmax": ({}, {"axis": "axis"}),
    "Flatten": ({}, {}),
    "Reshape": ({"target_shape": 3}, {"target_shape": "target shape"}),
    "Permute": ({"dims": (2, 1)}, {"dims": "dims"}),
    "RepeatVector": ({"n": 2}, {"n": "count"}),
    "Dropout": ({"rate": 0.5}, {}),
    "AlphaDropout": ({"rate": 0.5}, {}),
    "GaussianDropout": ({"rate": 0.5}, {}),
    "GaussianNoise": ({"stddev": 0.5}, {"stddev": "rate"}),
    "ActivityRegularization": ({}, {"l1": "from 0 or none", "l2": "from 0 or none"}),
    "BatchNormalization": (
        {},
        {
            "axis": "one axis",
            "momentum": "rate",
            "renorm_clipping": "free",
            "renorm_momentum": "rate",
        },
    ),
    "LayerNormalization": ({}, {"axis": "axis", "epsilon": "from 0 or none"}),
    "RMSNormalization": ({}, {"axis": "axis", "epsilon": "from 0 or none"}),
    "UnitNormalization": ({}, {"axis": "axis"}),
    "GroupNormalization": ({}, {"axis": "group axis", "groups": "groups"}),
    "Attention": ({}, {"score_mode": "score mode"}),
    "AdditiveAttention": ({}, {}),
    "MultiHeadAttention": (
        {"num_heads": 2, "key_dim": 3},
        {
            "num_heads": "count",
            "key_dim": "count",
            "value_dim": "count or none",
            "output_shape": "open sizes",
            "attention_axes": "integers",
        },
    ),
    "GroupQueryAttention": (
        {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
        {
            "head_dim": "count",
            "num_query_heads": "count",
            "num_key_value_heads": "count",
        },
    ),
    **{name: (RNN, {}) for name in ("LSTM", "GRU", "SimpleRNN")},
    **{f"{name}Cell": (RNN, {}) for name in ("LSTM", "GRU", "SimpleRNN")},
    "RNN": ({"cell": lambda: layers.GRUCell(2)}, {"cell": "layer"}),
    "StackedRNNCells": ({"cells": lambda: [layers.GRUCell(2)]}, {"cells": "cells"}),
    "Concatenate": ({}, {"axis": "one axis"}),
    "Dot": ({"axes": 1}, {"axes": "axes of samples"}),
    **{
        f"Conv{n}D{kind}": (CONV, {"output_padding": "output padding"})
        for n in (1, 2, 3)
        for kind in ("", "Transpose")
    },
    **{f"ConvLSTM{n}D": (CONV, {}) for n in (1, 2, 3)},
    **{f"SeparableConv{n}D": (CONV, {}) for n in (1, 2)},
    **{f"DepthwiseConv{n}D": ({"kernel_size": 2}, {}) for n in (1, 2)},
    **{
        f"{kind}Pooling{n}D": ({}, POOL)
        for n in (1, 2, 3)
        for kind in ("Max", "Average")
    },
    **{
        f"Global{kind}Pooling{n}D": ({}, {"keepdims": "flag"})
        for n in (1, 2, 3)
        for kind in ("Max", "Average")
    },
    **{
        f"Adaptive{kind}Pooling{n}D": ({"output_size": 2}, {"output_size": "sizes"})
        for n in (1, 2, 3)
        for kind in ("Max", "Average")
    },
    **{f"Cropping{n}D": ({}, {"cropping": "edges"}) for n in (1, 2, 3)},
    **{f"ZeroPadding{n}D": ({}, {"padding": "edges"}) for n in (1, 2, 3)},
    "UpSampling1D": ({}, {"size": "count"}),
    "UpSampling2D": ({}, {"size": "sizes", "interpolation": "interpolation"}),
    "UpSampling3D": ({}, {"size": "sizes"}),
    **{f"SpatialDropout{n}D": ({"rate": 0.5}, {}) for n in (1, 2, 3)},
    **{
        name: ({}, {})
        for name in (
            ["Identity", "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"]
        )
    },
}
# Layers of the table that take numbers; ids are of any shape.
LAYERS = [row for row in TABLE if row.shape != "int"]
# The base, and layers with tests of their own.
GUESTS = {"FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"}
OTHERS = {"Layer", "InputLayer", *GUESTS}


def core_layers() -> dict[str, Any]:
    """The public layers outside of preprocessing, by name."""
    found = [getattr(layers, name) for name in dir(layers)]
    return {
        facts_of(cls).name: cls
        for cls in found
        if isinstance(cls, type)
        and issubclass(cls, layers.Layer)
        and not cls.__module__.startswith("keras.layers.preprocessing.")
    }


def kind_of(row: Row, name: str, parameter: inspect.Parameter) -> str | None:
    """The kind of an argument; "free" for flags: as in Keras, any truth will do."""
    family = name.rpartition("_")[2]
    known = {**EVERYWHERE, **row[1]}.get(name)
    if known is None and family in FAMILIES:
        return family
    return "free" if known is None and parameter.annotation == "bool" else known


def parameters(name: str) -> dict[str, inspect.Parameter]:
    """The constructor's own parameters."""
    found = inspect.signature(getattr(layers, name).__init__).parameters.values()
    rest = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return {p.name: p for p in found if p.name != "self" and p.kind not in rest}


def test_every_argument_of_every_layer_has_a_row() -> None:
    assert set(core_layers()) == set(ROWS) | OTHERS
    missing = [
        f"{name}({argument})"
        for name, row in ROWS.items()
        for argument, parameter in parameters(name).items()
        if kind_of(row, argument, parameter) not in KINDS
    ]
    assert not missing


@pytest.mark.parametrize("name", ROWS)
def test_wrong_arguments_are_told(name: str) -> None:
    right, _ = row = ROWS[name]
    with keras.backend_scope("numpy"):
        for argument, parameter in parameters(name).items():
            allowed, values = KINDS[kind_of(row, argument, parameter) or ""]
            for value in values:
                given = {k: _made(k, v) for k, v in right.items()}
                given[argument] = value
                with pytest.raises((ValueError, TypeError)) as raised:
                    getattr(layers, name)(**given)
                text = str(raised.value)
                # No part of the layer, such as a cell that it made, but the layer.
                lost = [piece for piece in (argument, allowed) if piece not in text]
                lost += [] if re.search(rf"\b{name}\b", text) else [name]
                assert not lost, f"{argument}={value!r}: {text} lacks {lost}"
                assert repr(value).lower() in text.lower(), text


@pytest.mark.parametrize("option", ["dtype", "activity_regularizer", "trainable"])
def test_wrong_options_of_any_layer_are_told(option: str) -> None:
    for value in ("x", 1.5, [1], {"a": 1}):
        with keras.backend_scope("numpy"), pytest.raises(ValueError) as raised:
            layers.Dense(2, **{option: value})
        assert option in str(raised.value) and "Dense" in str(raised.value)
        assert repr(value) in str(raised.value)


def _made(argument: str, value: Any) -> Any:
    """Layers among the arguments are made anew for each call."""
    is_layer = argument in ("layer", "cell", "cells")
    return value() if is_layer else value


def other_shapes(shape: Any) -> Any:
    """Shapes with one size more, one axis more or fewer, and scalars."""
    for i in range(1, len(shape)):
        yield (*shape[:i], shape[i] + 1, *shape[i + 1 :])
    yield from (shape[:-1], (*shape, 2), shape[:1], ())


@pytest.mark.parametrize("row", LAYERS, ids=lambda row: row.name)
def test_inputs_of_other_shapes_are_told_or_taken(row: Any) -> None:
    """What a built layer says of them names it, or the layer given to it."""
    shapes = row.shape if isinstance(row.shape, list) else [row.shape]
    with keras.backend_scope("numpy"):
        layer = row.make()
        layer(row.inputs())
        inner = getattr(layer, "cell", getattr(layer, "layer", layer))
        parts = (layer, inner, *getattr(inner, "cells", ()))
        for place, shape in enumerate(shapes):
            for changed in other_shapes(shape):
                given = [np.ones(s, "float32") for s in shapes]
                given[place] = np.ones(changed, "float32")
                symbols = [keras.KerasTensor((None, *x.shape[1:])) for x in given]
                for values in (given, symbols) if changed else (given,):
                    try:
                        layer(values if isinstance(row.shape, list) else values[0])
                    except ValueError as error:
                        text = str(error)
                        assert any(part.name in text for part in parts), text
                        assert re.search("[Rr]eceived|on shapes|of shape", text), text


# These take lists of numbers as well.
OF_NUMBERS = ("Normalization", "Rescaling")
OF_TENSORS = [row for row in LAYERS if row.layer not in OF_NUMBERS]


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_layers_of_numbers_take_lists_of_them(name: str, backend: str) -> None:
    given = {"mean": 1.0, "variance": 4.0} if name == "Normalization" else {"scale": 2}
    layer = getattr(layers, name)(**given)
    layer(np.ones((2, 3), "float32"))
    assert layer([[1.0, 2.0, 3.0]]).shape[-1] == 3
    for wrong in ({"a": np.ones((2, 3), "float32")}, None):
        for each in (layer, getattr(layers, name)(**given)):
            with pytest.raises(ValueError, match=f"{each.name}.*expects one tensor"):
                each(wrong)


CONVOLUTIONS = [
    row for row in LAYERS if "Conv" in row.layer and "LSTM" not in row.layer
]


@pytest.mark.parametrize("row", CONVOLUTIONS, ids=lambda row: row.name)
def test_convolutions_take_integers_and_complex_numbers(row: Any, backend: str) -> None:
    """Integers count as floats, whether the layer has a bias or not."""
    if backend == "jax":
        pytest.skip("it compiles each")
    layer, whole = row.make(), np.round(4 * row.inputs())
    expected = keras.ops.convert_to_numpy(layer(whole))
    for dtype in ("int32", "complex64"):
        outputs = keras.ops.convert_to_numpy(layer(whole.astype(dtype)))
        np.testing.assert_allclose(outputs, expected, atol=1e-4, rtol=1e-4)


def test_strings_are_told_from_numbers(backend: str) -> None:
    """A framework with tensors of strings gives them a dtype and a shape as well."""
    strings = np.array([["1.5", "2.0"]])
    rows: dict[str, Any] = {
        "Dense": {"units": 2},
        "Embedding": {"input_dim": 3, "output_dim": 2},
        "LayerNormalization": {},
        "ReLU": {},
    }
    if "string" not in current().layouts:
        pytest.skip("it has no tensors of strings")
    for name, arguments in rows.items():
        layer = getattr(layers, name)(**arguments)
        with pytest.raises(TypeError, match="dtype string.*Hashing") as raised:
            layer(strings)
        assert layer.name in str(raised.value)
    with pytest.raises(ValueError, match="dense.*Python objects.*astype"):
        layers.Dense(2)(np.array([[1.5, 2.0]], object))


@pytest.mark.parametrize("row", OF_TENSORS, ids=lambda row: row.name)
def test_what_is_no_tensor_is_told_or_taken(row: Any) -> None:
    """By layers that are built and by new ones, which must not build for it."""
    inputs = row.inputs()
    several = isinstance(inputs, list)
    first = inputs[0] if several else inputs
    with keras.backend_scope("numpy"):
        for wrong in ({"a": first}, [first], None, first.tolist(), np.float32(1)):
            given = [wrong, *inputs[1:]] if several else wrong
            for built in (False, True):
                layer = row.make()
                if built:
                    layer(inputs)
                inner = getattr(layer, "layer", layer)
                try:
                    layer(given)
                except (ValueError, TypeError) as error:
                    text = str(error)
                    assert layer.name in text or inner.name in text, text


SMALL: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("Conv1D", {"filters": 4, "kernel_size": 3, "dilation_rate": 3}, (2, 6, 3)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "strides": 2}, (2, 1, 1, 3)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "use_bias": False}, (2, 1, 1, 3)),
    ("Conv3D", {"filters": 4, "kernel_size": 2}, (2, 1, 1, 1, 3)),
    ("DepthwiseConv2D", {"kernel_size": 3}, (2, 1, 5, 3)),
    ("SeparableConv1D", {"filters": 4, "kernel_size": 3}, (2, 1, 3)),
    ("AveragePooling3D", {"pool_size": 2}, (2, 1, 1, 1, 3)),
    ("MaxPooling2D", {"pool_size": 3, "data_format": "channels_first"}, (2, 3, 2, 2)),
]


def test_a_window_that_does_not_fit_is_told(backend: str) -> None:
    for name, arguments, shape in SMALL:
        layer = getattr(layers, name)(**arguments)
        with pytest.raises(ValueError, match=f"fits into the input.*{layer.name}"):
            layer(np.ones(shape, "float32"))


@pytest.mark.parametrize("name", ["Conv2D", "DepthwiseConv2D", "SeparableConv2D"])
def test_inputs_without_channels_are_told(name: str) -> None:
    with keras.backend_scope("numpy"):
        arguments = {} if name.startswith("Depth") else {"filters": 3}
        layer = getattr(layers, name)(kernel_size=2, **arguments)
        with pytest.raises(ValueError, match=f"{layer.name}.*at least one"):
            layer(np.ones((2, 4, 4, 0), "float32"))


def test_attention_on_tensors_that_do_not_fit(backend: str) -> None:
    for name in ("Attention", "AdditiveAttention"):
        layer = getattr(layers, name)()
        query, value = np.ones((2, 4, 3), "float32"), np.ones((2, 5, 6), "float32")
        for given in ([query, value], [query, value, query], [query[0, 0], value]):
            with pytest.raises(ValueError, match=f"{layer.name}.*expects a query"):
                layer(given)


# Rows of what Keras takes, and so do we.
TAKEN: list[tuple[str, dict[str, Any]]] = [
    ("Softmax", {"axis": None}),
    ("LayerNormalization", {"epsilon": None}),
    ("BatchNormalization", {"axis": [1]}),  # as Keras 2 wrote it
    ("BatchNormalization", {"epsilon": np.float32(1e-3)}),
    ("ReLU", {"max_value": np.float64(6.0)}),
    ("Masking", {"mask_value": [0.0, 1.0]}),
    ("ActivityRegularization", {"l1": None, "l2": 0.1}),
    ("PReLU", {"shared_axes": 1}),
    ("Cropping2D", {"cropping": (1, (1, 0))}),
    ("EinsumDense", {"equation": "a...b, bc -> a...c", "output_shape": 2}),
    ("Dropout", {"rate": np.float32(0.5), "seed": np.int64(3)}),
    ("Permute", {"dims": np.array([2, 1])}),
    ("GlobalMaxPooling1D", {"keepdims": 1}),
]


@pytest.mark.parametrize(("name", "arguments"), TAKEN, ids=[row[0] for row in TAKEN])
def test_what_is_taken(name: str, arguments: dict[str, Any]) -> None:
    with keras.backend_scope("numpy"):
        layer = getattr(layers, name)(**arguments)
        again = layers.deserialize(layers.serialize(layer))
    assert again.get_config() == layer.get_config()
