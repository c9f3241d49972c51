"""Image files of unusual forms are read as Keras reads them, or named in an error."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras

Image = pytest.importorskip("PIL.Image")
RGB = np.zeros((4, 4, 3), "uint8")
RGB[:2], RGB[2:] = (200, 100, 50), (10, 20, 240)
GREY16 = (np.arange(16).reshape(4, 4) * 4096).astype("uint16")


def turned(path: Path) -> None:
    """A JPEG file whose EXIF data say that a camera was turned."""
    exif = Image.Exif()
    exif[0x112] = 6
    Image.fromarray(RGB).save(path, exif=exif, quality=95)


def saved(mode: str) -> Any:
    """How to write the picture in a mode of Pillow's."""
    return lambda path: Image.fromarray(RGB).convert(mode).save(path)


# Recorded from the PyPI keras' image_dataset_from_directory on TensorFlow: pixels at
# (0, 0), (1, 1) and (3, 0). JPEG decoders differ by a little, in CMYK by more.
GREY = [[124] * 3, [124] * 3, [42] * 3]
COLOURS = [[200, 100, 50], [200, 100, 50], [10, 20, 240]]
FILES: dict[str, tuple[Any, Any, float]] = {
    "16 bits.png": (
        lambda path: Image.fromarray(GREY16).save(path),
        [[0] * 3, [80] * 3, [192] * 3],
        0,
    ),
    "palette.png": (
        lambda path: Image.fromarray(RGB).quantize(4).save(path),
        COLOURS,
        0,
    ),
    "cmyk.jpg": (saved("CMYK"), [[206, 102, 43], [204, 101, 45], [14, 22, 235]], 12),
    # As in Keras, the rotation is not applied.
    "exif.jpg": (turned, [[200, 102, 55], [200, 102, 55], [9, 22, 240]], 6),
    "grey and alpha.png": (saved("LA"), GREY, 0),
    "1 bit.png": (saved("1"), [[0] * 3] * 3, 0),
    "x.gif": (saved("RGB"), COLOURS, 0),
    "x.bmp": (saved("RGB"), COLOURS, 0),
}


def pixels_of(folder: Path, **more: Any) -> np.ndarray:
    """The only image of a folder."""
    read = keras.utils.image_dataset_from_directory
    (images,) = read(folder, labels=None, image_size=(4, 4), verbose=False, **more)
    return np.asarray(images)[0]


@pytest.mark.parametrize("name", FILES)
def test_odd_files_are_read(name: str, tmp_path: Path) -> None:
    write, wanted, tolerance = FILES[name]
    write(tmp_path / name)
    found = pixels_of(tmp_path)
    assert found.shape == (4, 4, 3)
    chosen = found[[0, 1, 3], [0, 1, 0]]
    np.testing.assert_allclose(chosen, wanted, atol=tolerance)


def test_four_colours_as_shades_of_grey(tmp_path: Path) -> None:
    saved("CMYK")(tmp_path / "cmyk.jpg")
    saved("RGB")(tmp_path / "rgb.jpg")
    read = keras.utils.image_dataset_from_directory
    given: Any = {"labels": None, "image_size": (4, 4), "verbose": False}
    (images,) = read(tmp_path, color_mode="grayscale", shuffle=False, **given)
    of_four, of_three = np.asarray(images)
    np.testing.assert_allclose(of_four, of_three, atol=8)


def test_sixteen_bits(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.fromarray(GREY16).save(path)
    grey = pixels_of(tmp_path, color_mode="grayscale")[..., 0]
    np.testing.assert_array_equal(grey, GREY16 // 256)
    assert pixels_of(tmp_path, color_mode="rgba").shape == (4, 4, 4)
    # Asked for in shades of grey, one image keeps all its bits, as in Keras.
    whole = keras.utils.img_to_array(keras.utils.load_img(path, "grayscale"))
    np.testing.assert_array_equal(whole[..., 0], GREY16)
    colours = keras.utils.img_to_array(keras.utils.load_img(path))
    np.testing.assert_array_equal(colours[..., 1], GREY16 // 256)


GREY32 = (np.arange(16).reshape(4, 4) * 2**27).astype("int32")
UNIT = (np.arange(16).reshape(4, 4) / 15).astype("float32")


@pytest.mark.parametrize(
    ("name", "numbers", "wanted"),
    [
        ("16 bits.tif", GREY16, GREY16 // 256),
        ("big end first.tif", GREY16.astype(">u2"), GREY16 // 256),
        ("16 bits.pgm", GREY16, GREY16 // 256),
        ("bytes in 32 bits.tif", GREY32 >> 23, GREY32 >> 23),
        ("bytes in floats.tif", (GREY32 >> 23).astype("float32"), GREY32 >> 23),
        ("from 0 to 1.tif", UNIT, (UNIT * 255).astype("uint8")),
    ],
)
def test_wide_shades_of_grey(
    name: str, numbers: np.ndarray, wanted: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / name
    if name.endswith("pgm"):
        path.write_bytes(b"P5 4 4 65535\n" + numbers.astype(">u2").tobytes())
    else:
        Image.fromarray(numbers).save(path)
    for mode, channels in (("rgb", 3), ("rgba", 4)):
        found = keras.utils.img_to_array(keras.utils.load_img(path, mode))
        assert found.shape == (4, 4, channels)
        np.testing.assert_array_equal(found[..., 0], wanted)
    # Asked for in shades of grey, whole numbers keep all their bits, as in Keras.
    kept = numbers if numbers.dtype.kind in "iu" else wanted
    image = keras.utils.load_img(path, "grayscale")
    np.testing.assert_array_equal(keras.utils.img_to_array(image)[..., 0], kept)
    assert keras.utils.load_img(path, "grayscale", target_size=(2, 3)).size == (3, 2)


def test_numbers_that_are_no_pixels_are_cut_off_with_a_warning(tmp_path: Path) -> None:
    for name, numbers in (("a.tif", GREY32), ("b.tif", UNIT * 900 - 300)):
        path = tmp_path / name
        Image.fromarray(numbers).save(path)
        least, most = numbers.min(), numbers.max()
        words = rf"{name}.* from {least} to {most}, which are cut off at 0 and 255"
        with pytest.warns(UserWarning, match=words):
            found = keras.utils.img_to_array(keras.utils.load_img(path))
        wanted = np.clip(numbers, 0, 255).astype("uint8")
        np.testing.assert_array_equal(found[..., 0], wanted)
    path = tmp_path / "a.tif"  # read whole, without a word
    whole = keras.utils.img_to_array(keras.utils.load_img(path, "grayscale"), dtype=int)
    np.testing.assert_array_equal(whole[..., 0], GREY32)


def test_broken_files_are_named(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype("uint8")
    path = tmp_path / "cut off.png"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:500])
    for broken in (path, tmp_path / "empty.jpg"):
        broken.touch()
        with pytest.raises(ValueError, match=rf"{broken.name}.* cannot be read"):
            keras.utils.load_img(broken)
    read = keras.utils.image_dataset_from_directory
    data = read(tmp_path, labels=None, format="grain", verbose=False)
    with pytest.raises(ValueError, match="cannot be read as an image"):
        next(iter(data))


def test_images_of_many_sizes_become_one(tmp_path: Path) -> None:
    for number, (height, width) in enumerate([(2, 9), (8, 8), (4, 4)]):
        image = np.full((height, width, 3), 10 * number, "uint8")
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    read = keras.utils.image_dataset_from_directory
    (images,) = read(
        tmp_path, labels=None, image_size=(4, 4), shuffle=False, verbose=False
    )
    found = np.asarray(images)
    assert found.shape == (3, 4, 4, 3)
    assert found.mean((1, 2, 3)).tolist() == [0, 10, 20]


def test_every_source_reads_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smooth = np.linspace(0, 255, 40 * 30 * 3).reshape(40, 30, 3).astype("uint8")
    for ending in ("png", "jpg", "bmp"):
        Image.fromarray(smooth).save(tmp_path / f"x.{ending}")
    given: Any = {"labels": None, "image_size": (24, 50), "shuffle": False}
    read = keras.utils.image_dataset_from_directory
    for more in ({}, {"pad_to_aspect_ratio": True}, {"interpolation": "bicubic"}):
        (of_grain,) = read(tmp_path, **given, **more, verbose=False, format="grain")
        if importlib.util.find_spec("tensorflow") is not None:
            (of_tensorflow,) = read(tmp_path, **given, **more, verbose=False)
            np.testing.assert_allclose(of_tensorflow, of_grain, atol=2.5)
        with monkeypatch.context() as patch:
            patch.setattr(importlib.util, "find_spec", lambda name: None)
            (plain,) = read(tmp_path, **given, **more, verbose=False)
        np.testing.assert_array_equal(plain, of_grain)


def test_files_that_break_off_are_named(tmp_path: Path) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    path = tmp_path / "cut off.jpg"
    Image.fromarray(RGB.repeat(20, 0)).save(path)
    path.write_bytes(path.read_bytes()[:-40])
    data: Any = keras.utils.image_dataset_from_directory(
        tmp_path, labels=None, verbose=False
    )
    with pytest.raises(tensorflow.errors.InvalidArgumentError, match="cut off.jpg"):
        next(iter(data))
