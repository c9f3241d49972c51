"""Image ops against cases worked out by hand, SciPy, and each other."""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal

import keras
from keras import ops
from tests.ops.compilation import compiled


class _Image:
    """`keras.ops.image`; on JAX each call is compiled as one function.

    JAX would compile each step of it by itself, which takes ten times as long.
    """

    def __getattr__(self, name: str) -> Any:
        function = getattr(ops.image, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            arrays = [i for i, x in enumerate(args) if hasattr(x, "__array__")]
            if any(isinstance(x, keras.KerasTensor) for x in args):
                return function(*args, **kwargs)
            if keras.config.backend() != "jax" or not arrays:
                return function(*args, **kwargs)

            def of_arrays(*tensors: Any) -> Any:
                given = dict(zip(arrays, tensors, strict=True))
                filled = [given.get(i, x) for i, x in enumerate(args)]
                return function(*filled, **kwargs)

            return compiled("jax", of_arrays)(*(args[i] for i in arrays))

        return call


image = _Image()
_random = np.random.default_rng(4)
IMAGES = _random.random((2, 5, 6, 3)).astype("float32")
GRID = (np.arange(30).reshape(1, 5, 6, 1) + 1).astype("float32")
METHODS = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]
MODES = {
    "constant": "grid-constant",
    "nearest": "nearest",
    "wrap": "grid-wrap",
    "mirror": "mirror",
    "reflect": "reflect",
}


def numpy_of(x: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


def close(a: Any, b: Any, tolerance: float = 1e-4) -> None:
    np.testing.assert_allclose(numpy_of(a), b, rtol=tolerance, atol=tolerance)


# Resizing ---------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("antialias", [False, True])
def test_resize_to_the_same_size_changes_nothing(
    backend: str, method: str, antialias: bool
) -> None:
    close(image.resize(IMAGES, (5, 6), method, antialias), IMAGES)


@pytest.mark.parametrize("method", METHODS)
def test_resize_keeps_a_constant(backend: str, method: str) -> None:
    x = np.full((1, 5, 7, 2), 0.75, "float32")
    for size in ((3, 4), (11, 9)):
        for antialias in (False, True):
            close(
                image.resize(x, size, method, antialias), np.full((1, *size, 2), 0.75)
            )


def test_bilinear_by_hand(backend: str) -> None:
    x = np.array([0.0, 10.0], "float32").reshape(1, 1, 2, 1)
    close(numpy_of(image.resize(x, (1, 4)))[0, 0, :, 0], [0, 2.5, 7.5, 10])


def test_nearest_by_hand(backend: str) -> None:
    x = np.arange(5.0, dtype="float32").reshape(1, 1, 5, 1)
    y = numpy_of(image.resize(x, (1, 3), "nearest"))[0, 0, :, 0]
    assert y.tolist() == [0, 2, 4]


def test_antialias_averages_what_it_passes_over(backend: str) -> None:
    x = np.zeros((1, 8, 8, 1), "float32")
    x[0, ::2, ::2] = 4.0
    y = numpy_of(image.resize(x, (2, 2), antialias=True))
    close(y.mean(), 1.0, 0.05)


@pytest.mark.parametrize("method", ["bicubic", "lanczos3"])
def test_resize_is_linear_and_agrees_over_backends(backend: str, method: str) -> None:
    y = numpy_of(image.resize(IMAGES, (9, 4), method, True))
    with keras.backend_scope("numpy"):
        close(y, numpy_of(image.resize(IMAGES, (9, 4), method, True)))


def test_resize_integers_round(backend: str) -> None:
    x = np.array([0, 255], "uint8").reshape(1, 1, 2, 1)
    y = numpy_of(image.resize(x, (1, 4)))
    assert y.dtype == np.uint8
    assert y.ravel().tolist() == [0, 64, 191, 255]


def test_resize_keeping_the_aspect_ratio(backend: str) -> None:
    crop = numpy_of(image.resize(GRID, (5, 4), "nearest", crop_to_aspect_ratio=True))
    assert crop[0, 0, :, 0].tolist() == [2, 3, 4, 5]
    pad = image.resize(GRID, (7, 6), "nearest", pad_to_aspect_ratio=True)
    pad = numpy_of(pad)[0, :, 0, 0]
    assert pad.tolist() == [0, 1, 7, 13, 19, 25, 0]


def test_layouts_agree(backend: str) -> None:
    first = np.moveaxis(IMAGES, -1, 1).copy()
    y = numpy_of(image.resize(first, (3, 4), data_format="channels_first"))
    close(np.moveaxis(y, 1, -1), numpy_of(image.resize(IMAGES, (3, 4))))
    close(image.resize(IMAGES[0], (3, 4)), numpy_of(image.resize(IMAGES, (3, 4)))[0])


def test_scale_and_translate_is_resize(backend: str) -> None:
    scale = np.array([8 / 5, 9 / 6], "float32")
    zero = np.zeros(2, "float32")
    y = image.scale_and_translate(IMAGES, (2, 8, 9, 3), scale, zero, (1, 2), "linear")
    close(y, numpy_of(image.resize(IMAGES, (8, 9))))


def test_translate_by_whole_pixels(backend: str) -> None:
    one = np.ones(2, "float32")
    y = image.scale_and_translate(
        GRID, (1, 5, 6, 1), one, np.array([1, 2], "float32"), (1, 2), "cubic"
    )
    y = numpy_of(y)
    close(y[0, 1:, 2:], GRID[0, :4, :4])
    close(y[0, 0], np.zeros((6, 1)))


# Geometry ---------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["bilinear", "bicubic"])
def test_resizing_has_slopes(backend: str, method: str) -> None:
    def energy(images: Any) -> Any:
        return ops.sum(ops.square(ops.image.resize(images, (7, 4), method))) / 2

    images = ops.convert_to_tensor(IMAGES)
    slope = numpy_of(keras.grad(energy)(images))
    # Of a square: twice the energy is the slope times the images.
    close((slope * IMAGES).sum(), 2 * numpy_of(energy(images)), 1e-3)
    bent = keras.grad(lambda x: ops.sum(ops.square(keras.grad(energy)(x))) / 2)
    close((numpy_of(bent(images)) * IMAGES).sum(), np.square(slope).sum(), 1e-3)


@pytest.mark.parametrize("mode", list(MODES))
@pytest.mark.parametrize("order", [0, 1])
def test_map_coordinates_is_scipy(backend: str, mode: str, order: int) -> None:
    places = _random.uniform(-9, 14, (2, 40)).astype("float32")
    y = image.map_coordinates(GRID[0, :, :, 0], places, order, mode, 0.5)
    want = scipy.ndimage.map_coordinates(
        GRID[0, :, :, 0].astype("float64"), places, order=order, mode=MODES[mode],
        cval=0.5,
    )  # fmt: skip
    close(y, want, 1e-3)


def test_affine_by_hand(backend: str) -> None:
    shift = np.array([1, 0, 1, 0, 1, -1, 0, 0], "float32")  # from the right and above
    y = numpy_of(image.affine_transform(GRID, shift, fill_value=-1.0))
    close(y[0, 1:, :5], GRID[0, :4, 1:])
    assert (y[0, 0] == -1).all() and (y[0, :, 5] == -1).all()


def test_affine_for_each_image(backend: str) -> None:
    same = np.array([1, 0, 0, 0, 1, 0, 0, 0], "float32")
    flip = np.array([-1, 0, 5, 0, 1, 0, 0, 0], "float32")
    y = numpy_of(image.affine_transform(IMAGES, np.stack([same, flip]), "nearest"))
    close(y[0], IMAGES[0])
    close(y[1], IMAGES[1, :, ::-1])


@pytest.mark.parametrize("mode", list(MODES))
def test_affine_modes_are_scipy(backend: str, mode: str) -> None:
    transform = np.array([0.8, 0.3, -2.1, -0.2, 1.3, 3.2, 0, 0], "float32")
    y = numpy_of(image.affine_transform(GRID, transform, "bilinear", mode))
    want = scipy.ndimage.affine_transform(
        GRID[0, :, :, 0].astype("float64"), [[1.3, -0.2], [0.3, 0.8]], [3.2, -2.1],
        order=1, mode=MODES[mode],
    )  # fmt: skip
    close(y[0, :, :, 0], want, 1e-3)


@pytest.mark.parametrize("mode", ["constant", "nearest", "reflect"])
def test_projections_and_their_slopes_are_those_of_numpy(
    backend: str, mode: str
) -> None:
    matrices = np.array(
        [
            [0.8, 0.3, -2.1, -0.2, 1.3, 3.2, 0.02, -0.01],
            [-1.1, 0.2, 7.3, 0.1, 0.6, -4.4, 0.0, 0.03],
        ],
        "float32",
    )

    def read(images: Any, matrices: Any) -> Any:
        return ops.image.affine_transform(images, matrices, "bilinear", mode, 0.5)

    with keras.backend_scope("numpy"):
        want = read(IMAGES, matrices)
    close(read(IMAGES, matrices), want, 1e-3)
    if backend in ("numpy", "torch"):
        return
    close(keras.jit(read, jit_compile=True)(IMAGES, matrices), want, 1e-3)

    def total(images: Any) -> Any:
        return ops.sum(read(images, matrices) * IMAGES)

    # What is linear in the images has a slope that does not depend on them.
    slope = numpy_of(keras.grad(total)(ops.convert_to_tensor(IMAGES)))
    change = np.roll(IMAGES, 1, axis=2)
    close((slope * change).sum(), numpy_of(total(change) - total(0 * change)), 1e-2)


def test_perspective_moves_the_corners(backend: str) -> None:
    start = np.array([[0, 0], [5, 0], [0, 4], [5, 4]], "float32")
    end = np.array([[1, 1], [4, 0], [1, 3], [4, 4]], "float32")
    y = numpy_of(image.perspective_transform(GRID, start, end))[0, :, :, 0]
    for (x0, y0), (x1, y1) in zip(start.astype(int), end.astype(int), strict=True):
        close(y[y1, x1], GRID[0, y0, x0, 0], 1e-3)
    close(image.perspective_transform(IMAGES, start, start), IMAGES, 1e-3)


def test_elastic(backend: str) -> None:
    y = image.elastic_transform(IMAGES, alpha=2.0, sigma=1.0, seed=3)
    again = image.elastic_transform(IMAGES, alpha=2.0, sigma=1.0, seed=3)
    close(y, numpy_of(again))
    assert np.abs(numpy_of(y) - IMAGES).max() > 0.01
    close(image.elastic_transform(IMAGES, alpha=0.0, seed=3), IMAGES)


# Colours, filters -------------------------------------------------------------------


def test_hsv_is_colorsys(backend: str) -> None:
    pixels = [(0, 0, 0), (1, 1, 1), (1, 0, 0), (0, 1, 1), (0.2, 0.7, 0.4), (0.9, 0, 1)]
    x = np.array(pixels, "float32").reshape(1, 6, 3)
    want = np.array([colorsys.rgb_to_hsv(*pixel) for pixel in pixels])
    close(numpy_of(image.rgb_to_hsv(x))[0], want)
    close(image.hsv_to_rgb(image.rgb_to_hsv(x)), x)
    close(
        numpy_of(image.hsv_to_rgb(x))[0],
        np.array([colorsys.hsv_to_rgb(*pixel) for pixel in pixels]),
    )


def test_grayscale(backend: str) -> None:
    y = numpy_of(image.rgb_to_grayscale(IMAGES))
    close(y[..., 0], IMAGES @ np.array([0.2989, 0.5870, 0.1140]))
    assert numpy_of(image.rgb_to_grayscale((IMAGES * 255).astype("uint8"))).dtype == (
        np.uint8
    )


def test_blur_is_scipy(backend: str) -> None:
    lines = [
        np.exp(-((np.arange(k) - (k - 1) / 2) ** 2) / (2 * s**2))
        for k, s in ((5, 0.7), (3, 2.0))
    ]
    kernel = np.outer(*(line / line.sum() for line in lines))
    want = scipy.signal.correlate2d(IMAGES[0, :, :, 1], kernel, "same")
    y = numpy_of(image.gaussian_blur(IMAGES, (5, 3), (0.7, 2.0)))
    close(y[0, :, :, 1], want)


def test_sobel_is_scipy(backend: str) -> None:
    y = numpy_of(image.sobel_edges(IMAGES))
    for axis in (0, 1):
        want = scipy.ndimage.sobel(IMAGES[0, :, :, 2], axis, mode="constant")
        close(y[0, :, :, 2, axis], want)


def test_ssim(backend: str) -> None:
    a = _random.random((2, 13, 14, 2)).astype("float32")
    b = np.clip(a + 0.1 * _random.normal(size=a.shape), 0, 1).astype("float32")
    close(image.ssim(a, a), np.ones(2))
    line = np.exp(-((np.arange(11) - 5) ** 2) / 4.5)
    kernel = np.outer(line, line) / line.sum() ** 2

    def mean(x: np.ndarray) -> np.ndarray:
        return scipy.signal.correlate2d(x, kernel, "valid")

    found = []
    for i in range(2):
        maps = []
        for c in range(2):
            x, y = (v[i, :, :, c].astype("float64") for v in (a, b))
            mx, my = mean(x), mean(y)
            vx, vy = mean(x * x) - mx**2, mean(y * y) - my**2
            both = mean(x * y) - mx * my
            light = (2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4)
            maps.append(light * (2 * both + 9e-4) / (vx + vy + 9e-4))
        found.append(np.mean(maps))
    close(image.ssim(a, b), found, 1e-3)


# Patches ----------------------------------------------------------------------------


def test_patches(backend: str) -> None:
    y = numpy_of(image.extract_patches(IMAGES, (2, 3), strides=1))
    assert y.shape == (2, 4, 4, 18)
    close(y[1, 2, 1], IMAGES[1, 2:4, 1:4].ravel())
    dilated = numpy_of(image.extract_patches(IMAGES, 2, 1, dilation_rate=2))
    close(dilated[0, 1, 1], IMAGES[0, 1:4:2, 1:4:2].ravel())
    assert image.extract_patches(IMAGES, 4, padding="same").shape == (2, 2, 2, 48)


def test_patches_3d(backend: str) -> None:
    x = _random.random((2, 3, 4, 5, 2)).astype("float32")
    y = numpy_of(image.extract_patches_3d(x, (1, 2, 2)))
    assert y.shape == (2, 3, 2, 2, 8)
    close(y[1, 2, 1, 1], x[1, 2, 2:4, 2:4].ravel())


def test_pad_and_crop_are_inverse(backend: str) -> None:
    padded = image.pad_images(IMAGES, 1, 2, target_height=9, right_padding=4)
    assert tuple(padded.shape) == (2, 9, 12, 3)
    cropped = image.crop_images(padded, 1, 2, target_height=5, target_width=6)
    close(cropped, IMAGES)


# Symbolic, and errors -----------------------------------------------------------------

SAME = np.array([1, 0, 0, 0, 1, 0, 0, 0], "float32")
POINTS = np.array([[0, 0], [5, 0], [0, 4], [5, 4]], "float32")
CALLS: list[tuple[str, Any]] = [
    ("resize", lambda x: image.resize(x, (3, 4))),
    ("affine", lambda x: image.affine_transform(x, SAME)),
    ("perspective", lambda x: image.perspective_transform(x, POINTS, POINTS)),
    ("elastic", lambda x: image.elastic_transform(x, seed=1)),
    ("gray", image.rgb_to_grayscale),
    ("hsv", image.rgb_to_hsv),
    ("rgb", image.hsv_to_rgb),
    ("blur", image.gaussian_blur),
    ("sobel", image.sobel_edges),
    ("patches", lambda x: image.extract_patches(x, 2, padding="same")),
    ("pad", lambda x: image.pad_images(x, 1, 2, 3, 4)),
    ("crop", lambda x: image.crop_images(x, 1, 2, 1, 1)),
]


@pytest.mark.parametrize("name, function", CALLS, ids=[name for name, _ in CALLS])
def test_symbolic_equals_eager(backend: str, name: str, function: Any) -> None:
    eager = function(ops.convert_to_tensor(IMAGES))
    for batch in (2, None):
        symbolic = function(keras.KerasTensor((batch, 5, 6, 3)))
        assert symbolic.shape[1:] == tuple(eager.shape)[1:]
        assert symbolic.shape[0] == batch
        assert symbolic.dtype == keras.backend.standardize_dtype(eager.dtype)


@pytest.mark.parametrize(
    "call, parts",
    [
        (lambda x: image.resize(x, (3, 4), "cubic"), ("'cubic'", "'bicubic'")),
        (lambda x: image.resize(x, 3.5), ("`size`", "3.5")),
        (lambda x: image.resize(x[0, 0], (3, 4)), ("rank 3", "(6, 3)")),
        (lambda x: image.affine_transform(x, SAME[:6]), ("(8,)", "(6,)")),
        (lambda x: image.affine_transform(x, SAME, "area"), ("'area'", "'bilinear'")),
        (lambda x: image.map_coordinates(x, SAME, 1), ("one row for each axis",)),
        (lambda x: image.map_coordinates(x, SAME, 2), ("`order`", "0, 1")),
        (lambda x: image.rgb_to_grayscale(x[..., :2]), ("3 channels", "5, 6, 2")),
        (lambda x: image.ssim(x, x), ("filter_size=11", "5, 6, 3")),
        (lambda x: image.pad_images(x, 1), ("exactly two of", "top_padding=1")),
        (
            lambda x: image.crop_images(x, 4, 1, target_height=3, target_width=3),
            ("0 or more", "4 and -2"),
        ),
        (lambda x: image.extract_patches(x, 2, padding="full"), ("'full'", "'same'")),
    ],
)
def test_errors(backend: str, call: Any, parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError) as caught:
        call(ops.convert_to_tensor(IMAGES))
    for part in parts:
        assert part in str(caught.value)
