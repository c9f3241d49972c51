"""What the contracts leave out, with the reason of each: the one place where it stands.

A contract runs over every row of the tables that it can be asked of; here are those
that it skips. `docs/op_contracts.md` is made of this, and tests take out what is no
longer needed: an exemption that would pass fails `test_exemptions.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

TORCH, JAX, TENSORFLOW, NUMPY = ("torch",), ("jax",), ("tensorflow",), ("numpy",)

_TWO = ("torch", "tensorflow")


@dataclass(frozen=True)
class Exemption:
    """Rows that a contract is not asked of.

    Args:
        rows: ids of rows, or globs of them; separated by spaces.
        reason: why, in words for the documentation.
        backends: where; everywhere by default.
    """

    rows: str
    reason: str
    backends: tuple[str, ...] = ()

    def covers(self, row: str, backend: str) -> bool:
        """Whether the row is left out on the backend."""
        here = not self.backends or backend in self.backends
        return here and any(fnmatchcase(row, glob) for glob in self.rows.split())


_SIGNS = "unique up to signs; `test_linalg.py` multiplies the parts together again"
_SIZES = "the size of the result depends on values"
_KERNEL = "XLA has no such kernel"
_SINGULAR = "no matrix of numbers, so any answer or error is right"
_UNORDERED = "infinities next to each other: inf - inf, or the place of a NaN"
_NAN = "the framework's kernel has its own answer to NaN"
_NOTHING = "the framework's kernel takes no empty tensor"
_SAMPLE = "the row's other arguments do not fit such input"
_NO_AXIS = "an axis that is not there"
_JUMP = "jumps at the sample"

EXEMPTIONS: dict[str, tuple[Exemption, ...]] = {
    "values": (Exemption("eig eigh qr qr-* svd svd-thin", _SIGNS),),
    "symbolic": (),
    "unknown size": (
        Exemption("correlate-*", "the longer operand is slid over: sizes are compared"),
    ),
    "gradient": (
        Exemption("stop_gradient", "that it has none is what it is for"),
        Exemption("lstsq-flat-* pinv-flat", "where the rank changes, it jumps"),
        Exemption(
            "pinv-cut",
            "torch and JAX take all singular values for kept; TensorFlow does not",
            ("torch", "jax"),
        ),
        Exemption("binary_crossentropy-certain", "a corner: probabilities are clipped"),
        Exemption("divide_no_nan heaviside", _JUMP),
        Exemption("lu_factor", "TensorFlow has no derivative of it", TENSORFLOW),
        Exemption("nextafter", "JAX has no derivative of it", JAX),
    ),
    "jit": (
        Exemption(
            "*-scalar",
            "a NumPy scalar made inside the graph; Python numbers are taken",
            TORCH,
        ),
        Exemption("nonzero", _SIZES, JAX),
        Exemption("unique unique-all", _SIZES + "; with `size=` it is taken", JAX),
        Exemption("where-places", _SIZES + " (`where` of a condition alone)", JAX),
        Exemption(
            "segment_sum-counted", _SIZES + "; with `num_segments=` it is taken", JAX
        ),
    ),
    "xla": (
        Exemption("det slogdet logdet eig lu_factor", _KERNEL),
        Exemption("unique unique-all", _SIZES + "; with `size=` it is taken"),
    ),
    "odd": (
        Exemption("cholesky", _SINGULAR, ("torch", "tensorflow")),
        Exemption("cholesky_inverse", _SINGULAR, TORCH),
        Exemption("inv solve", _SINGULAR, TENSORFLOW),
        Exemption("slogdet", _SINGULAR, ("torch", "tensorflow")),
        Exemption("solve_triangular", _SINGULAR, ("torch", "tensorflow", "jax")),
        Exemption("nanquantile nanpercentile sparsemax top_k", _UNORDERED),
        Exemption("average_pool-1d-valid-2-None", _UNORDERED),
        Exemption("max_pool-1d-valid-2-None", _UNORDERED, ("numpy", "torch", "jax")),
        Exemption("quantile-linear percentile angle", _UNORDERED, _TWO),
        Exemption("fft irfft-None", _UNORDERED, ("torch", "tensorflow", "jax")),
        Exemption("moments-[[]0]-False", _UNORDERED, TORCH),
        Exemption("linspace-tensors", _UNORDERED, JAX),
        Exemption("hard_shrink threshold dot_product_attention-plain", _NAN, TORCH),
        Exemption(
            "sparse_categorical_crossentropy",
            "a NaN beside the target's own probability is not looked at",
            ("torch", "jax"),
        ),
        Exemption("binary_crossentropy", "torch refuses what is no probability", TORCH),
        Exemption(
            "argmax-keepdims argmin-keepdims searchsorted segment_max segment_min",
            _NAN,
            TENSORFLOW,
        ),
        Exemption(
            "conv_transpose-1d-valid-1-1",
            "an infinite kernel meets the zeros of the padding",
            JAX,
        ),
        Exemption("cast", "no integer is NaN or infinite", JAX),
    ),
    "empty": (
        Exemption("fft fft2 ifft2 rfft-None stft-hann-True", _NOTHING, TORCH),
        Exemption(
            "conv_transpose-1d-valid-1-1", "the kernel is empty as well", ("jax",)
        ),
        Exemption("slice in_top_k", _SAMPLE),
        Exemption(
            "nanmedian-all",
            "there is no number to choose",
            ("numpy", "torch", "tensorflow"),
        ),
        Exemption("lu_factor", "the reference has no answer of such a shape"),
    ),
    "scalar": (
        Exemption("softmax--1 log_softmax--1", _NO_AXIS),
        Exemption(
            "categorical_crossentropy argmax-keepdims argmin-keepdims",
            _NO_AXIS,
            ("tensorflow", "jax"),
        ),
        Exemption("matrix_rank in_top_k", "matrices are wanted"),
        Exemption("view", "the reference keeps the shape, NumPy's bytes do not", NUMPY),
    ),
}


_NOT_REGULAR = (
    "the matrix that comes of it is singular, which JAX and symbols cannot see"
)
# op, parameter, value (as in a glob) -> why the answers differ
WRONG_INPUT: dict[tuple[str, str, str], str] = {
    ("cholesky", "x", "bool*"): _NOT_REGULAR,
    ("inv", "x", "bool*"): _NOT_REGULAR,
    ("lu_factor", "x", "bool*"): _NOT_REGULAR,
    ("solve", "a", "bool*"): _NOT_REGULAR,
    ("image.perspective_transform", "end_points", "bool*"): _NOT_REGULAR,
    ("lu_factor", "x", "float32*"): "TensorFlow factorizes square matrices only",
    ("fold", "x", "bool*"): "booleans are added on NumPy and torch only",
    ("hsplit", "x", "[[]*"): "NumPy and TensorFlow have tensors of text",
    ("take", "x", "float32*"): "JAX fills what lies outside; symbols do not know it",
}


@dataclass(frozen=True)
class Deviation:
    """A dtype that is not the one of Keras 3.

    Args:
        ops: which ones.
        dtypes: of their arguments.
        result: the dtype here; None is an error.
        reason: why.
    """

    ops: tuple[str, ...]
    dtypes: tuple[str, ...]
    result: str | None
    reason: str


FLOATS = ("bfloat16", "float16", "float32", "float64")
_COMPLEX = "a modulus, an angle and a part of a complex number are real"
_GIVEN = "Keras 3 says float32 for all; its backends return the type given"
_COUNTED = "powers and quotients of truth values are counted"
# Where Keras 3 contradicts itself, its backends or NumPy.
DTYPES = (
    Deviation(
        ("negative", "sign", "ptp"),
        ("bool",),
        None,
        "NumPy refuses it: the sign or the difference of truth values",
    ),
    Deviation(
        ("subtract", "cross"),
        ("bool", "bool"),
        None,
        "NumPy refuses it: the difference of truth values",
    ),
    Deviation(("vander",), ("bool",), "int32", _COUNTED),
    Deviation(("floor_divide", "power"), ("bool", "bool"), "int32", _COUNTED),
    Deviation(
        ("absolute", "real", "imag", "angle", "var", "std", "nanvar", "nanstd"),
        ("complex64",),
        "float32",
        _COMPLEX,
    ),
    *(Deviation(("reciprocal",), (d,), d, _GIVEN) for d in (*FLOATS, "complex64")),
    Deviation(
        ("cbrt", "deg2rad", "rad2deg", "i0", "corrcoef"),
        ("int64",),
        "float32",
        "an int64 is brought to `floatx()`, as by every other function to a float",
    ),
    Deviation(("deg2rad", "rad2deg", "i0"), ("complex64",), "complex64", _GIVEN),
    Deviation(("dot",), ("int8", "int8"), "int32", "as in `matmul`, which it is"),
)


def reason(contract: str, row: str, backend: str) -> str | None:
    """Why the contract is not asked of the row on the backend; None if it is."""
    for exemption in EXEMPTIONS[contract]:
        if exemption.covers(row, backend):
            return exemption.reason
    return None
