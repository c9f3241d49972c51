"""The ground that all applications share: options, input, head, published weights.

An application is a `Net`: a body that turns images into feature maps, and what the
published weights demand. `application` makes the public function of one whose only
arguments are those that all take; `build` is for functions that take more.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from keras import layers
from keras.applications.imagenet_utils import CLASSES
from keras.core import config
from keras.core.keras_tensor import is_keras_tensor
from keras.core.typing import Activation, ShapeLike, Tensor, TensorLike
from keras.models import Model
from keras.utils.get_file import get_file
from keras.utils.source_inputs import get_source_inputs

F = TypeVar("F", bound=Callable[..., Model])

HOST = "https://storage.googleapis.com/"
FOLDER = "tensorflow/keras-applications/"
IMAGENET = "imagenet"


class Published(NamedTuple):
    """The files of weights that Keras publishes for a net, and their hashes.

    Args:
        top: path of the file with the head, in the folder.
        bare: path of the file without it.
        top_hash: MD5 or SHA-256 of the first; None where none is published.
        bare_hash: that of the second.
        folder: their folder below `HOST`.
    """

    top: str
    bare: str
    top_hash: str | None = None
    bare_hash: str | None = None
    folder: str = FOLDER

    def download(self, include_top: bool) -> str:
        """Path of the file in the user's cache."""
        file = self.top if include_top else self.bare
        return get_file(
            file.rpartition("/")[2],
            HOST + self.folder + file,
            cache_subdir="models",
            file_hash=self.top_hash if include_top else self.bare_hash,
        )


class Options(NamedTuple):
    """The arguments that every application takes; `application` describes them."""

    include_top: bool = True
    weights: str | os.PathLike[str] | None = IMAGENET
    input_tensor: Tensor | None = None
    input_shape: ShapeLike | None = None
    pooling: str | None = None
    classes: int = CLASSES
    classifier_activation: Activation = "softmax"
    name: str | None = None

    @property
    def pretrained(self) -> bool:
        """Whether the published weights are asked for."""
        return self.weights == IMAGENET


class Net(NamedTuple):
    """What sets one application apart from the others.

    Args:
        body: makes feature maps `(batch, height, width, channels)` of images.
        weights: the published files.
        size: height and width of the images that the head was trained on.
            None where it takes any.
        smallest: the least height and width that the body can take.
        head: makes scores of feature maps and options; global pooling by default.
        tail: ends a model without head; pools as the options say by default.
        fixed: whether the size of the images must be known without head, too.
        pretrained_body: the body that belongs to the published weights, where it is
            another one.
    """

    body: Callable[[Any], Any]
    weights: Published
    size: int | None = 224
    smallest: int = 32
    head: Callable[[Any, Options], Any] | None = None
    tail: Callable[[Any, Options], Any] | None = None
    fixed: bool = False
    pretrained_body: Callable[[Any], Any] | None = None


class Application(Protocol):
    """A function that makes a model; `application` says what its arguments are."""

    def __call__(
        self,
        include_top: bool = True,
        weights: str | os.PathLike[str] | None = IMAGENET,
        input_tensor: Tensor | None = None,
        input_shape: ShapeLike | None = None,
        pooling: str | None = None,
        classes: int = CLASSES,
        classifier_activation: Activation = "softmax",
        name: str | None = ...,
    ) -> Model:
        """The model."""
        ...


ARGUMENTS = """include_top: whether the model ends in the head, the scores of classes.
    weights: None for random weights, `"imagenet"` for the published ones, which are
        downloaded, or the path of a weights file.
    input_tensor: a KerasTensor `(batch, height, width, channels)` to begin with.
    input_shape: shape of one image, `(height, width, channels)`.
    pooling: what a model without head ends in: `"avg"` or `"max"` for global
        pooling, None for feature maps.
    classes: number of classes of the head.
    classifier_activation: function of the scores; None for logits.
    name: name of the model.

Returns:
    A model.

Raises:
    ValueError: if the options do not fit each other, the net, or the weights."""


def application(name: str, default_name: str, net: Net, summary: str) -> Application:
    """The public function that makes a net, where it takes no other arguments.

    Args:
        name: its name.
        default_name: the name of its models where none is given.
        net: the net.
        summary: the first line of its documentation.
    """

    def make(
        include_top: bool = True,
        weights: str | os.PathLike[str] | None = IMAGENET,
        input_tensor: Tensor | None = None,
        input_shape: ShapeLike | None = None,
        pooling: str | None = None,
        classes: int = CLASSES,
        classifier_activation: Activation = "softmax",
        name: str | None = default_name,
    ) -> Model:
        options = Options(
            include_top,
            weights,
            input_tensor,
            input_shape,
            pooling,
            classes,
            classifier_activation,
            name,
        )
        return build(net, options)

    return documented(make, name, summary)


def documented(make: F, name: str, summary: str, more: str = "") -> F:
    """Gives a function that makes a model its name and documentation.

    Args:
        make: the function.
        name: its name.
        summary: the first line of its documentation.
        more: lines on arguments that not all applications take.
    """
    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"{summary}\n\nArgs:\n    {more}{ARGUMENTS}\n"
    return make


def build(net: Net, options: Options) -> Model:
    """The model of a net: input, body, head or pooling, weights."""
    _check(options)
    shape = _image_shape(net, options)
    images = options.input_tensor
    if images is None:
        images = layers.Input(shape)
    body = net.pretrained_body if options.pretrained else None
    features = (body or net.body)(images)
    end = (net.head or pooled_head) if options.include_top else (net.tail or pooled)
    source = images if options.input_tensor is None else get_source_inputs(images)
    model = Model(source, end(features, options), name=options.name)
    if options.pretrained:
        model.load_weights(net.weights.download(options.include_top))
    elif options.weights is not None:
        model.load_weights(options.weights)
    return model


def pooled_head(features: Any, options: Options) -> Any:
    """Global average pooling and scores: the head of most nets."""
    return scores(layers.GlobalAveragePooling2D(name="avg_pool")(features), options)


def scores(
    features: Any, options: Options, name: str = "predictions", **dense: Any
) -> Any:
    """The scores of the classes of features `(batch, channels)`."""
    return layers.Dense(
        options.classes, options.classifier_activation, name=name, **dense
    )(features)


def pooled(features: Any, options: Options, named: bool = True) -> Any:
    """Feature maps, pooled over all places if the options say so."""
    pooling = options.pooling
    if pooling is None:
        return features
    name = f"{pooling}_pool" if named else None
    if pooling == "avg":
        return layers.GlobalAveragePooling2D(name=name)(features)
    return layers.GlobalMaxPooling2D(name=name)(features)


unnamed_pooled = partial(pooled, named=False)


def channel_axis(last: int = -1) -> int:
    """The axis of the channels in batches of images; `last` where it is the last."""
    return last if config.image_data_format() == "channels_last" else 1


def stride_padding(x: TensorLike, kernel_size: int) -> tuple[tuple[int, int], ...]:
    """Zeros around images before a convolution with strides 2 and no padding.

    Before an even size one less than after it, as padding `"same"` has it.
    """
    sizes = x.shape[1:3] if channel_axis() == -1 else x.shape[2:4]
    half = kernel_size // 2
    return tuple((half - (size is None or size % 2 == 0), half) for size in sizes)


def round_channels(channels: float, least: int = 8) -> int:
    """The multiple of 8 nearest to a number of channels, at least 90 % of it."""
    rounded = max(least, int(channels + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * channels else rounded + 8


# Checks ----------------------------------------------------------------------------


def _check(options: Options) -> None:
    if options.pooling not in (None, "avg", "max"):
        raise ValueError(
            f"pooling is None, 'avg' or 'max'. Received: pooling={options.pooling!r}."
        )
    weights = options.weights
    if weights is None:
        return
    if not options.pretrained and not os.path.exists(weights):
        raise ValueError(
            "weights is None (random weights), 'imagenet' (the published ones) or the "
            f"path of a weights file, and there is no such file. Received: {weights!r}."
        )
    if not options.include_top:
        return
    if options.pretrained and options.classes != CLASSES:
        raise ValueError(
            f"The published weights have a head of {CLASSES} classes. Received: "
            f"classes={options.classes!r}. Pass include_top=False and add a head of "
            "your own, or weights=None."
        )
    if options.classifier_activation not in (None, "softmax"):
        raise ValueError(
            "The head that weights are loaded into ends in 'softmax' or in logits "
            "(None). Received: classifier_activation="
            f"{options.classifier_activation!r}. Pass None and apply yours to the "
            "logits, or weights=None."
        )


def _image_shape(net: Net, options: Options) -> tuple[int | None, ...]:
    """The shape of one image, as it is given or by default; it fits the net."""
    given = options.input_shape
    if options.input_tensor is not None:
        given = _shape_of(options.input_tensor, given)
    default = _default_shape(net, options)
    if given is None:
        return default
    given = tuple(given)
    if len(given) != 3:
        raise ValueError(
            "input_shape is that of one image, of three axes. Received: "
            f"input_shape={given}; {default} would fit."
        )
    axis = channel_axis(3) - 1
    sizes = given[:axis] + given[axis + 1 :]
    if options.pretrained and given[axis] != 3:
        raise ValueError(
            "The published weights take images with 3 channels. Received: "
            f"input_shape={given}. Pass weights=None for others."
        )
    if any(size is not None and size < net.smallest for size in sizes):
        raise ValueError(
            f"Images must be at least {net.smallest} x {net.smallest} for this net. "
            f"Received: input_shape={given}."
        )
    if not options.include_top or options.input_tensor is not None:
        return given
    if options.pretrained and given != default:
        raise ValueError(
            "With include_top=True the published weights are for images of shape "
            f"{default}. Received: input_shape={given}. Pass include_top=False, or "
            "weights=None."
        )
    if None in given:
        raise ValueError(
            "With include_top=True the shape of the images must be known. Received: "
            f"input_shape={given}; {default} would fit."
        )
    return given


def sizes_of(options: Options) -> tuple[int | None, ...]:
    """Height and width of the images that the options say, if they do."""
    shape = options.input_shape
    if options.input_tensor is not None:
        shape = options.input_tensor.shape[1:]
    axis = channel_axis(3) - 1
    return tuple(size for index, size in enumerate(shape or ()) if index != axis)


def published_size(options: Options, known: tuple[int, ...]) -> int:
    """The size of images whose published weights fit best, 224 where none do."""
    sizes = sizes_of(options)
    for size in known:
        if sizes == (size, size):
            return size
    if options.pretrained and sizes:
        warnings.warn(
            "The published weights are for square images of a height of "
            f"{', '.join(map(str, known))}. Received: images of size {sizes}. Those "
            "for 224 are loaded.",
            stacklevel=4,
        )
    return 224


def sized_name(name: str, options: Options) -> Options:
    """The options with a name, by default one that tells the height of the images."""
    if options.name is not None:
        return options
    height = (*sizes_of(options), 224 if options.include_top else None)[0]
    return options._replace(name=f"{name}_{height}")


def require_published(name: str, value: float, known: tuple[float, ...]) -> None:
    """Refuses a value of an option for which no weights are published."""
    if value not in known:
        raise ValueError(
            f"Weights are published for {name} = {', '.join(map(str, known))}. "
            f"Received: {name}={value!r}. Pass one of these, or weights=None."
        )


def _default_shape(net: Net, options: Options) -> tuple[int | None, ...]:
    size = net.size if options.include_top or net.fixed else None
    return (size, size, 3) if channel_axis() == -1 else (3, size, size)


def _shape_of(tensor: TensorLike, given: ShapeLike | None) -> ShapeLike:
    if not is_keras_tensor(tensor):
        raise ValueError(
            "input_tensor is a KerasTensor, such as keras.Input or a layer's output "
            f"on one. Received: {type(tensor).__name__}. Call the model on data."
        )
    shape = tensor.shape[1:]
    if given is not None and tuple(given) != shape:
        raise ValueError(
            f"input_tensor holds images of shape {shape}, which is not input_shape="
            f"{tuple(given)}. Pass one of the two."
        )
    return shape
