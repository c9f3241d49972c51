from __future__ import annotations

import collections

import numpy as np
import pytest

from keras.training.data import class_weight_to_sample_weights as weigh
from keras.training.data import make_source, train_validation_split


def firsts(source):
    return [batch[0].ravel().tolist() for batch in source.epoch()]


def test_unshuffled_batches_are_views_in_order():
    x = np.arange(5, dtype="float32").reshape(5, 1)
    y = np.arange(5)
    source = make_source(x, y, batch_size=2)
    assert (source.num_batches, source.batch_size, source.num_samples) == (3, 2, 5)
    batches = list(source.epoch())
    assert [b[0].shape for b in batches] == [(2, 1), (2, 1), (1, 1)]
    assert np.shares_memory(batches[0][0], x) and np.shares_memory(batches[1][1], y)
    assert firsts(source) == [[0, 1], [2, 3], [4]]


def test_default_batch_size_and_single_batch():
    x = np.zeros((33, 1), "float32")
    assert make_source(x).num_batches == 2
    one = make_source(x, batch_size=100)
    assert one.num_batches == 1
    assert [len(b) for b in one.epoch()] == [1]
    assert list(one.epoch())[0][0].shape == (33, 1)


def test_dtypes_follow_floatx():
    f64, f16 = np.zeros((2, 1)), np.zeros((2, 1), "float16")
    ints, bools = np.zeros((2,), "int8"), np.zeros((2,), bool)
    (batch,) = make_source({"a": f64, "b": f16, "c": ints}, bools).epoch()
    x, y = batch
    assert [x[k].dtype for k in "abc"] == ["float32", "float32", "int8"]
    assert y.dtype == bool


def test_numbers_and_strings_in_lists_are_arrays():
    (batch,) = make_source([[1.0, 2.0], [3.0, 4.0]], [0, 1]).epoch()
    assert batch[0].shape == (2, 2) and batch[0].dtype == "float32"
    assert batch[1].tolist() == [0, 1]
    (batch,) = make_source(["a", "b"]).epoch()
    assert batch[0].tolist() == ["a", "b"]


def test_nested_structures_keep_their_containers():
    Pair = collections.namedtuple("Pair", "left right")
    x = {"p": Pair(np.zeros((3, 1)), np.ones((3, 2))), "l": [np.ones(3), np.ones(3)]}
    for shuffle in (False, True):
        source = make_source(x, None, np.ones(3), batch_size=2, shuffle=shuffle)
        inputs, y, weight = next(source.epoch())
        assert isinstance(inputs["p"], Pair) and isinstance(inputs["l"], list)
        assert inputs["p"].right.shape == (2, 2)
        assert y is None and weight.shape == (2,)


def test_shuffle_is_new_each_epoch_and_follows_the_global_seed():
    x = np.arange(64, dtype="float32")

    def two_epochs():
        np.random.seed(7)
        source = make_source(x, x * 2, batch_size=10, shuffle=True)
        epochs = []
        for _ in range(2):
            batches = list(source.epoch())
            for a, b in batches:
                np.testing.assert_array_equal(a * 2, b)
            epochs.append(np.concatenate([b[0] for b in batches]).tolist())
        return epochs

    first, second = two_epochs()
    assert sorted(first) == x.tolist() and first != second and first != x.tolist()
    assert two_epochs() == [first, second]


def test_batch_shuffle_keeps_neighbours_and_the_rest_last():
    x = np.arange(22, dtype="int32")
    batches = firsts(make_source(x, batch_size=4, shuffle="batch", seed=1))
    assert batches[-1] == [20, 21]
    assert sorted(b[0] for b in batches[:-1]) == [0, 4, 8, 12, 16]
    assert [b[0] for b in batches[:-1]] != [0, 4, 8, 12, 16]
    assert all(b == list(range(b[0], b[0] + 4)) for b in batches[:-1])


def test_steps_go_on_where_the_last_epoch_stopped():
    x = np.arange(8)
    source = make_source(x, batch_size=2, steps=3)
    assert source.num_batches == 3
    assert firsts(source) == [[0, 1], [2, 3], [4, 5]]
    assert firsts(source) == [[6, 7], [0, 1], [2, 3]]


def test_more_steps_than_data_warns_and_ends():
    source = make_source(np.arange(4), batch_size=2, steps=5)
    for _ in range(2):
        with pytest.warns(UserWarning, match="ended after 2 of 5 steps"):
            assert firsts(source) == [[0, 1], [2, 3]]


def test_peek_loses_nothing():
    for steps in (None, 2):
        source = make_source(np.arange(4), batch_size=2, steps=steps)
        assert source.peek()[0].tolist() == [0, 1]
        assert source.peek()[0].tolist() == [0, 1]
        assert firsts(source) == [[0, 1], [2, 3]]
        assert firsts(source) == [[0, 1], [2, 3]]


def test_convert_is_applied_once_per_array():
    torch = pytest.importorskip("torch")
    calls = []

    def convert(array):
        calls.append(array.shape)
        return torch.from_numpy(array)

    x = np.arange(10, dtype="float32").reshape(10, 1)
    source = make_source(x, x, batch_size=4, convert=convert)
    assert all(isinstance(part, torch.Tensor) for b in source.epoch() for part in b)
    assert calls == [(10, 1), (10, 1)]
    shuffled = make_source(x, x, batch_size=4, convert=convert, shuffle=True)
    for a, b in shuffled.epoch():
        assert isinstance(a, torch.Tensor) and torch.equal(a, b)


def test_tensors_of_every_framework_become_numpy():
    torch = pytest.importorskip("torch")
    jax = pytest.importorskip("jax")
    tf = pytest.importorskip("tensorflow")
    values = [[1.0, 2.0], [3.0, 4.0]]
    tensors = [
        torch.tensor(values, requires_grad=True),
        torch.tensor(values, dtype=torch.bfloat16),
        jax.numpy.array(values),
        tf.constant(values),
        tf.Variable(values, dtype="float64"),
    ]
    for tensor in tensors:
        (batch,) = make_source(tensor).epoch()
        assert type(batch[0]) is np.ndarray and batch[0].dtype == "float32"
        np.testing.assert_array_equal(batch[0], np.array(values))
    (batch,) = make_source(torch.tensor(values).double(), native="torch").epoch()
    assert isinstance(batch[0], torch.Tensor) and batch[0].dtype == torch.float32


def test_pandas():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1.5, 2.5], "b": [1, 2]})
    (batch,) = make_source(frame, pd.Series([0, 1])).epoch()
    assert batch[0].dtype == "float32" and batch[0].shape == (2, 2)
    assert batch[1].dtype == "int64" and batch[1].shape == (2, 1)
    mixed = pd.DataFrame({"a": [1.5, 2.5], "b": [True, False]})
    (batch,) = make_source(mixed).epoch()
    assert batch[0].tolist() == [[1.5, 1.0], [2.5, 0.0]]
    with pytest.raises(TypeError, match=r"`x` has dtype object.*'red' \(str\)"):
        make_source(pd.DataFrame({"a": [1.5, 2.5], "b": ["red", "blue"]}))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((np.zeros((4, 2)), np.zeros(3)), r"x: \(4, 2\), y: \(3,\)"),
        ((np.zeros((0, 2)), np.zeros(0)), r"no samples.*x: \(0, 2\)"),
        ((np.float32(1.0), np.zeros(2)), r"scalar among the shapes x: \(\)"),
        (([], np.zeros(2)), "`x` holds no array"),
        (([[1, 2], [3]],), "`x` cannot be made into one array"),
    ],
)
def test_bad_arrays(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_source(*arguments)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"batch_size": 0}, "`batch_size` must be a positive integer.*Received: 0"),
        ({"batch_size": 2.5}, "Received: 2.5"),
        ({"shuffle": "all"}, "`shuffle` must be True, False.*'all'"),
        ({"steps": 0}, "steps per epoch must be a positive integer.*Received: 0"),
        ({"class_weight": {0: 1.0}}, "`class_weight` needs targets"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        make_source(np.zeros(4), **options)


@pytest.mark.parametrize(
    "x, message",
    [
        (1.5, r"np.array\(\[\[x\]\]\)"),
        (None, "`x` is None"),
        (lambda: 0, "This is a function: call it"),
        ("text", "Data of type str"),
        ({1, 2}, "Data of type set"),
    ],
)
def test_unusable_data(x, message):
    with pytest.raises(TypeError, match=message):
        make_source(x)


def test_class_weight():
    y = np.array([0, 1, 2, 0])
    expected = [1.0, 0.5, 3.0, 1.0]
    table = {1: 0.5, 2: 3.0}
    for targets in (y, y[:, None], y.astype("float32"), np.eye(3)[y], y.tolist()):
        weights = weigh(targets, table)
        assert weights.dtype == "float32" and weights.tolist() == expected
    (batch,) = make_source(np.zeros((4, 1)), y, class_weight=table).epoch()
    assert batch[2].tolist() == expected


def test_bad_class_weight():
    x, y = np.zeros(2), np.zeros(2)
    with pytest.raises(ValueError, match="cannot be used together"):
        make_source(x, y, np.ones(2), class_weight={0: 1.0})
    with pytest.raises(ValueError, match="one output, but `y` is a dict"):
        make_source(x, {"a": y}, class_weight={0: 1.0})
    with pytest.raises(ValueError, match=r"Received: \(2, 3, 3\)"):
        weigh(np.zeros((2, 3, 3)), {0: 1.0})
    with pytest.raises(ValueError, match="must map class numbers"):
        weigh(y, [1.0, 2.0])


@pytest.mark.parametrize(
    "count, fraction, kept",
    # What PyPI Keras 3.15.1 keeps for training.
    [(8, 0.33, 5), (8, 0.1, 7), (8, 0.05, 7), (8, 0.75, 2), (8, 0.2, 6), (10, 0.3, 7)],
)
def test_validation_split(count, fraction, kept):
    x = np.arange(count, dtype="float32")
    (a, b, none), (c, d, nothing) = train_validation_split(
        ({"x": x}, [x, x], None), fraction
    )
    assert none is None and nothing is None
    assert a["x"].tolist() == x[:kept].tolist() == b[1].tolist()
    assert c["x"].tolist() == x[kept:].tolist() == d[0].tolist()
    assert np.shares_memory(c["x"], x)


def test_bad_validation_split():
    with pytest.raises(ValueError, match="between 0 and 1.*Received: 1.5"):
        train_validation_split((np.zeros(4),), 1.5)
    with pytest.raises(ValueError, match="of 8 samples leaves 0 for training"):
        train_validation_split((np.zeros(8),), 0.99)
