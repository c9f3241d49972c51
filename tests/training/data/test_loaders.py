from __future__ import annotations

import gc
import multiprocessing
import os
import threading
import time

import numpy as np
import pytest

from keras.training.data import DataSource, make_source
from keras.utils.py_dataset import PyDataset, Sequence


def firsts(source):
    return [np.asarray(batch[0]).ravel().tolist() for batch in source.epoch()]


def generate(count=3):
    for i in range(count):
        yield np.full((2, 1), float(i)), np.full(2, i)


class Numbers(PyDataset):
    def __init__(self, count=6, fail_at=None, die_at=None, delay=0.0, **kwargs):
        super().__init__(**kwargs)
        self.count, self.fail_at, self.die_at = count, fail_at, die_at
        self.delay, self.epochs, self.asked = delay, 0, []

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        self.asked.append(index)
        if index == self.fail_at:
            raise KeyError(f"no row for batch {index}")
        if index == self.die_at:
            os._exit(3)
        time.sleep(self.delay * (index % 3))
        return np.full((2, 1), float(index)), np.full(2, self.epochs)

    def on_epoch_end(self):
        self.epochs += 1


class Endless(PyDataset):
    def __getitem__(self, index):
        return (np.full(1, index),)


def data_threads():
    return [t for t in threading.enumerate() if t.name.startswith("keras-data")]


def test_generator():
    source = make_source(generate())
    assert source.num_batches is None and not source.infinite
    assert source.peek()[0].tolist() == [[0.0], [0.0]]
    batches = list(source.epoch())
    assert [b[1][0] for b in batches] == [0, 1, 2]
    assert batches[0][0].dtype == "float32"
    assert list(source.epoch()) == []
    with pytest.raises(ValueError, match="GeneratorSource holds no batch"):
        source.peek()


def test_generator_with_steps_continues_and_warns_at_its_end():
    source = make_source(generate(5), steps=2)
    assert firsts(source) == [[0, 0], [1, 1]]
    assert firsts(source) == [[2, 2], [3, 3]]
    with pytest.warns(UserWarning, match="ended after 1 of 2 steps"):
        assert firsts(source) == [[4, 4]]


def test_batches_of_one_two_and_three_parts():
    def single():
        yield np.zeros((2, 1))

    def triple():
        yield [np.zeros((2, 1)), np.zeros(2), [0.5, 1.0]]

    def four():
        yield (1, 2, 3, 4)

    assert [len(b) for b in make_source(single()).epoch()] == [1]
    (batch,) = make_source(triple()).epoch()
    assert len(batch) == 3 and batch[2].tolist() == [0.5, 1.0]
    with pytest.raises(ValueError, match="Received a tuple of 4 elements"):
        list(make_source(four()).epoch())


def test_class_weight_per_batch():
    source = make_source(generate(2), class_weight={1: 5.0})
    assert [b[2].tolist() for b in source.epoch()] == [[1.0, 1.0], [5.0, 5.0]]
    weighted = ((x, y, y) for x, y in generate())
    with pytest.raises(ValueError, match="without sample weights"):
        list(make_source(weighted, class_weight={1: 5.0}).epoch())


def test_targets_beside_a_loader_are_refused():
    with pytest.raises(ValueError, match="`y` must be None.*this generator"):
        make_source(generate(), np.zeros(3))
    with pytest.raises(ValueError, match="`sample_weight` must be None.*Numbers"):
        make_source(Numbers(), sample_weight=np.zeros(3))


def test_any_iterable_can_be_passed_over_again():
    class Loader:
        def __iter__(self):
            return generate(2)

        def __len__(self):
            return 2

    source = make_source(Loader())
    assert source.num_batches == 2
    assert firsts(source) == firsts(source) == [[0, 0], [1, 1]]
    assert make_source(source) is source


def test_tf_dataset():
    tf = pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensor_slices(
        ({"a": np.arange(4.0)}, np.arange(4))
    ).batch(2)
    source = make_source(data)
    assert source.num_batches == 2
    x, y = next(source.epoch())
    assert type(x["a"]) is np.ndarray and x["a"].dtype == "float32"
    assert type(y) is np.ndarray
    x, y = next(make_source(data, native="tensorflow").epoch())
    assert tf.is_tensor(x["a"]) and tf.is_tensor(y)
    assert make_source(data.repeat()).infinite
    unknown = make_source(data.filter(lambda x, y: True))
    assert unknown.num_batches is None and not unknown.infinite
    weighted = make_source(data, native="tensorflow", class_weight={3: 2.0})
    assert [b[2].tolist() for b in weighted.epoch()] == [[1, 1], [1, 2]]


def test_torch_loader():
    torch = pytest.importorskip("torch")
    from torch.utils.data import DataLoader, TensorDataset

    data = TensorDataset(torch.arange(5.0)[:, None], torch.arange(5))
    loader = DataLoader(data, batch_size=2)
    source = make_source(loader)
    assert (source.num_batches, source.batch_size, source.num_samples) == (3, 2, 5)
    assert all(type(part) is np.ndarray for b in source.epoch() for part in b)
    native = make_source(loader, native="torch")
    assert all(isinstance(p, torch.Tensor) for b in native.epoch() for p in b)
    assert firsts(native) == [[0, 1], [2, 3], [4]]
    with pytest.raises(TypeError, match="needs a `DataLoader`"):
        make_source(data)


def test_sequence_is_py_dataset():
    assert Sequence is PyDataset


def test_py_dataset_inline_uses_no_thread():
    data = Numbers()
    source = make_source(data)
    assert source.num_batches == 6
    running = source.epoch()
    assert next(running)[0].tolist() == [[0], [0]]
    assert data.asked == [0] and not data_threads()
    assert [b[0][0, 0] for b in running] == [1, 2, 3, 4, 5]


def test_py_dataset_shuffles_batches():
    np.random.seed(0)
    source = make_source(Numbers(20), shuffle=True)
    first, second = firsts(source), firsts(source)
    assert first != second
    assert sorted(first) == sorted(second) == [[i, i] for i in range(20)]


@pytest.mark.parametrize("processes", [False, True])
def test_workers_keep_the_order_and_see_the_new_epoch(processes):
    data = Numbers(
        8, delay=0.005, workers=3, use_multiprocessing=processes, max_queue_size=4
    )
    source = make_source(data)
    for epoch in range(2):
        source.on_epoch_begin()
        batches = list(source.epoch())
        source.on_epoch_end()
        assert [b[0][0, 0] for b in batches] == list(range(8))
        assert {int(b[1][0]) for b in batches} == {epoch}
    assert not data_threads() and not multiprocessing.active_children()


def test_the_queue_is_bounded():
    data = Numbers(50, workers=2, max_queue_size=3)
    running = make_source(data).epoch()
    next(running)
    time.sleep(0.1)
    assert len(data.asked) <= 4
    running.close()


@pytest.mark.parametrize("processes", [False, True])
def test_an_error_in_a_worker_reaches_the_loop(processes):
    data = Numbers(6, fail_at=2, workers=2, use_multiprocessing=processes)
    seen = []
    with pytest.raises(KeyError, match="no row for batch 2") as caught:
        for batch in make_source(data).epoch():
            seen.append(batch[0][0, 0])
    assert seen == [0, 1]
    trace = str(caught.getrepr(style="short")) + str(caught.value.__cause__)
    assert "__getitem__" in trace
    assert not data_threads() and not multiprocessing.active_children()


def test_a_killed_worker_is_no_hang():
    data = Numbers(6, die_at=2, workers=2, use_multiprocessing=True)
    text = r"process of the Numbers ended .*worker \d of 2, process \d+, by (sig|exit)"
    with pytest.raises(RuntimeError, match=text):
        list(make_source(data).epoch())
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("processes", [False, True])
@pytest.mark.parametrize("way", ["break", "close", "interrupt"])
def test_stopping_early_leaves_nothing_behind(processes, way):
    data = Endless(workers=2, use_multiprocessing=processes)
    source = make_source(data)
    assert source.infinite and source.num_batches is None
    if way == "close":
        running = source.epoch()
        next(running)
        source.close()
    elif way == "break":
        for _ in source.epoch():
            break
    else:
        with pytest.raises(KeyboardInterrupt):
            for _ in source.epoch():
                raise KeyboardInterrupt
    gc.collect()
    assert not data_threads() and not multiprocessing.active_children()


def test_processes_draw_the_same_numbers_however_they_are_scheduled():
    class Draws(PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return (np.random.rand(1),)

    def draw():
        np.random.seed(3)
        data = Draws(workers=2, use_multiprocessing=True)
        return firsts(make_source(data))

    first = draw()
    assert len({value for (value,) in first}) == 4
    assert draw() == first


def test_a_batch_does_not_outlive_its_last_reference():
    import weakref

    class Tracked(np.ndarray):
        pass

    class Data(PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return (np.zeros(1, "float32").view(Tracked),)

    gc.disable()
    try:
        from keras.training.data.workers import fetch

        for workers in (1, 2):
            running = fetch(Data(), range(4), workers, False, 1)
            (batch,) = next(running)
            gone = weakref.ref(batch)
            del batch
            next(running)
            assert gone() is None
            getattr(running, "close", lambda: None)()
    finally:
        gc.enable()


def test_py_dataset_without_init_and_bad_options():
    class Bare(PyDataset):
        def __init__(self):
            pass

    assert Bare().workers == 1 and Bare().max_queue_size == 10
    with pytest.raises(ValueError, match="`max_queue_size` of Bare.*Received: 0"):
        Bare().max_queue_size = 0
    with pytest.raises(NotImplementedError, match="Bare is a PyDataset and must"):
        next(make_source(Bare()).epoch())


def test_a_source_must_implement_batches():
    with pytest.raises(TypeError, match="must implement `batches"):
        DataSource().epoch()


SETTINGS = int(os.environ.get("KERAS_TEST_WATCHDOG", "40"))  # 200 were run by hand


class Settings(Numbers):
    """A data set of random settings, which may fail, die or be left."""

    def __init__(self, random):
        self.processes = bool(random.random() < 0.25)
        count = int(random.integers(1, 9))
        super().__init__(
            count,
            delay=float(random.choice([0.0, 0.001])),
            workers=int(random.integers(1, 5)),
            use_multiprocessing=self.processes,
            max_queue_size=int(random.integers(1, 5)),
        )
        end = random.choice(["whole", "fail", "die", "break", "interrupt", "peek"])
        self.end = "fail" if end == "die" and not self.in_processes else str(end)
        self.at = int(random.integers(0, count))
        self.fail_at = self.at if self.end == "fail" else None
        self.die_at = self.at if self.end == "die" else None

    @property
    def in_processes(self):
        return self.processes and self.workers > 1


def go_through(data, random):
    """Passes over some data, in the way that its settings say."""
    source = make_source(data, shuffle=bool(random.random() < 0.5), seed=1)
    try:
        if data.end == "peek":
            source.peek()
            return 0
        seen = 0
        for _ in range(int(random.integers(1, 3))):
            for seen, _ in enumerate(source.epoch(), 1):
                if seen > data.at and data.end == "break":
                    return seen
                if seen > data.at and data.end == "interrupt":
                    raise KeyboardInterrupt
        return seen
    finally:
        source.close()


@pytest.mark.parametrize("seed", range(SETTINGS))
def test_no_setting_of_workers_hangs_or_leaves_one_behind(seed):
    """Each has ten seconds, on a thread that would be left behind if it hung."""
    random = np.random.default_rng(seed)
    data = Settings(random)
    found = []

    def run():
        try:
            found.append(go_through(data, random))
        except BaseException as error:
            found.append(type(error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), vars(data)
    expected = {"fail": KeyError, "die": RuntimeError, "interrupt": KeyboardInterrupt}
    expected |= {"whole": data.count, "peek": 0, "break": data.at + 1}
    assert found == [expected[data.end]]
    assert not data_threads()
    assert not multiprocessing.active_children()
