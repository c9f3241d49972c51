"""`keras.ops.numpy`: the functions that NumPy has too."""

from keras.ops.arithmetic import abs as abs
from keras.ops.arithmetic import absolute as absolute
from keras.ops.arithmetic import add as add
from keras.ops.arithmetic import clip as clip
from keras.ops.arithmetic import divide as divide
from keras.ops.arithmetic import divide_no_nan as divide_no_nan
from keras.ops.arithmetic import floor_divide as floor_divide
from keras.ops.arithmetic import fmax as fmax
from keras.ops.arithmetic import fmin as fmin
from keras.ops.arithmetic import fmod as fmod
from keras.ops.arithmetic import gcd as gcd
from keras.ops.arithmetic import lcm as lcm
from keras.ops.arithmetic import maximum as maximum
from keras.ops.arithmetic import minimum as minimum
from keras.ops.arithmetic import mod as mod
from keras.ops.arithmetic import multiply as multiply
from keras.ops.arithmetic import negative as negative
from keras.ops.arithmetic import power as power
from keras.ops.arithmetic import reciprocal as reciprocal
from keras.ops.arithmetic import sign as sign
from keras.ops.arithmetic import square as square
from keras.ops.arithmetic import subtract as subtract
from keras.ops.arithmetic import true_divide as true_divide
from keras.ops.bitwise import bitwise_and as bitwise_and
from keras.ops.bitwise import bitwise_invert as bitwise_invert
from keras.ops.bitwise import bitwise_left_shift as bitwise_left_shift
from keras.ops.bitwise import bitwise_not as bitwise_not
from keras.ops.bitwise import bitwise_or as bitwise_or
from keras.ops.bitwise import bitwise_right_shift as bitwise_right_shift
from keras.ops.bitwise import bitwise_xor as bitwise_xor
from keras.ops.bitwise import left_shift as left_shift
from keras.ops.bitwise import right_shift as right_shift
from keras.ops.complex_numbers import angle as angle
from keras.ops.complex_numbers import conj as conj
from keras.ops.complex_numbers import conjugate as conjugate
from keras.ops.complex_numbers import imag as imag
from keras.ops.complex_numbers import isreal as isreal
from keras.ops.complex_numbers import real as real
from keras.ops.core import ndim as ndim
from keras.ops.core import size as size
from keras.ops.creation import arange as arange
from keras.ops.creation import array as array
from keras.ops.creation import empty as empty
from keras.ops.creation import empty_like as empty_like
from keras.ops.creation import eye as eye
from keras.ops.creation import full as full
from keras.ops.creation import full_like as full_like
from keras.ops.creation import geomspace as geomspace
from keras.ops.creation import identity as identity
from keras.ops.creation import linspace as linspace
from keras.ops.creation import logspace as logspace
from keras.ops.creation import ones as ones
from keras.ops.creation import ones_like as ones_like
from keras.ops.creation import tri as tri
from keras.ops.creation import zeros as zeros
from keras.ops.creation import zeros_like as zeros_like
from keras.ops.exponential import cbrt as cbrt
from keras.ops.exponential import exp as exp
from keras.ops.exponential import exp2 as exp2
from keras.ops.exponential import expm1 as expm1
from keras.ops.exponential import hypot as hypot
from keras.ops.exponential import i0 as i0
from keras.ops.exponential import ldexp as ldexp
from keras.ops.exponential import log as log
from keras.ops.exponential import log1p as log1p
from keras.ops.exponential import log2 as log2
from keras.ops.exponential import log10 as log10
from keras.ops.exponential import logaddexp as logaddexp
from keras.ops.exponential import logaddexp2 as logaddexp2
from keras.ops.exponential import sqrt as sqrt
from keras.ops.indexing import get_item as get_item
from keras.ops.indexing import nonzero as nonzero
from keras.ops.indexing import select as select
from keras.ops.indexing import take as take
from keras.ops.indexing import take_along_axis as take_along_axis
from keras.ops.indexing import unravel_index as unravel_index
from keras.ops.joining import append as append
from keras.ops.joining import array_split as array_split
from keras.ops.joining import concatenate as concatenate
from keras.ops.joining import dsplit as dsplit
from keras.ops.joining import dstack as dstack
from keras.ops.joining import hsplit as hsplit
from keras.ops.joining import hstack as hstack
from keras.ops.joining import split as split
from keras.ops.joining import stack as stack
from keras.ops.joining import vsplit as vsplit
from keras.ops.joining import vstack as vstack
from keras.ops.linalg import slogdet as slogdet
from keras.ops.logic import equal as equal
from keras.ops.logic import greater as greater
from keras.ops.logic import greater_equal as greater_equal
from keras.ops.logic import isclose as isclose
from keras.ops.logic import isfinite as isfinite
from keras.ops.logic import isinf as isinf
from keras.ops.logic import isnan as isnan
from keras.ops.logic import isneginf as isneginf
from keras.ops.logic import isposinf as isposinf
from keras.ops.logic import less as less
from keras.ops.logic import less_equal as less_equal
from keras.ops.logic import logical_and as logical_and
from keras.ops.logic import logical_not as logical_not
from keras.ops.logic import logical_or as logical_or
from keras.ops.logic import logical_xor as logical_xor
from keras.ops.logic import nan_to_num as nan_to_num
from keras.ops.logic import not_equal as not_equal
from keras.ops.logic import where as where
from keras.ops.nan_reduction import nanargmax as nanargmax
from keras.ops.nan_reduction import nanargmin as nanargmin
from keras.ops.nan_reduction import nancumprod as nancumprod
from keras.ops.nan_reduction import nancumsum as nancumsum
from keras.ops.nan_reduction import nanmax as nanmax
from keras.ops.nan_reduction import nanmean as nanmean
from keras.ops.nan_reduction import nanmedian as nanmedian
from keras.ops.nan_reduction import nanmin as nanmin
from keras.ops.nan_reduction import nanpercentile as nanpercentile
from keras.ops.nan_reduction import nanprod as nanprod
from keras.ops.nan_reduction import nanquantile as nanquantile
from keras.ops.nan_reduction import nanstd as nanstd
from keras.ops.nan_reduction import nansum as nansum
from keras.ops.nan_reduction import nanvar as nanvar
from keras.ops.products import cross as cross
from keras.ops.products import dot as dot
from keras.ops.products import einsum as einsum
from keras.ops.products import inner as inner
from keras.ops.products import kron as kron
from keras.ops.products import matmul as matmul
from keras.ops.products import outer as outer
from keras.ops.products import tensordot as tensordot
from keras.ops.products import vdot as vdot
from keras.ops.reduction import all as all
from keras.ops.reduction import allclose as allclose
from keras.ops.reduction import amax as amax
from keras.ops.reduction import amin as amin
from keras.ops.reduction import any as any
from keras.ops.reduction import argmax as argmax
from keras.ops.reduction import argmin as argmin
from keras.ops.reduction import count_nonzero as count_nonzero
from keras.ops.reduction import cumprod as cumprod
from keras.ops.reduction import cumsum as cumsum
from keras.ops.reduction import max as max
from keras.ops.reduction import mean as mean
from keras.ops.reduction import min as min
from keras.ops.reduction import prod as prod
from keras.ops.reduction import ptp as ptp
from keras.ops.reduction import std as std
from keras.ops.reduction import sum as sum
from keras.ops.reduction import var as var
from keras.ops.rounding import ceil as ceil
from keras.ops.rounding import fabs as fabs
from keras.ops.rounding import floor as floor
from keras.ops.rounding import heaviside as heaviside
from keras.ops.rounding import nextafter as nextafter
from keras.ops.rounding import round as round
from keras.ops.rounding import signbit as signbit
from keras.ops.rounding import trunc as trunc
from keras.ops.shaping import broadcast_to as broadcast_to
from keras.ops.shaping import copy as copy
from keras.ops.shaping import diag as diag
from keras.ops.shaping import diagflat as diagflat
from keras.ops.shaping import diagonal as diagonal
from keras.ops.shaping import expand_dims as expand_dims
from keras.ops.shaping import flip as flip
from keras.ops.shaping import fliplr as fliplr
from keras.ops.shaping import flipud as flipud
from keras.ops.shaping import meshgrid as meshgrid
from keras.ops.shaping import moveaxis as moveaxis
from keras.ops.shaping import pad as pad
from keras.ops.shaping import ravel as ravel
from keras.ops.shaping import repeat as repeat
from keras.ops.shaping import reshape as reshape
from keras.ops.shaping import roll as roll
from keras.ops.shaping import rot90 as rot90
from keras.ops.shaping import squeeze as squeeze
from keras.ops.shaping import swapaxes as swapaxes
from keras.ops.shaping import tile as tile
from keras.ops.shaping import trace as trace
from keras.ops.shaping import transpose as transpose
from keras.ops.shaping import tril as tril
from keras.ops.shaping import triu as triu
from keras.ops.shaping import view as view
from keras.ops.sorting import argpartition as argpartition
from keras.ops.sorting import argsort as argsort
from keras.ops.sorting import bincount as bincount
from keras.ops.sorting import digitize as digitize
from keras.ops.sorting import isin as isin
from keras.ops.sorting import searchsorted as searchsorted
from keras.ops.sorting import sort as sort
from keras.ops.statistics import average as average
from keras.ops.statistics import corrcoef as corrcoef
from keras.ops.statistics import correlate as correlate
from keras.ops.statistics import diff as diff
from keras.ops.statistics import histogram as histogram
from keras.ops.statistics import median as median
from keras.ops.statistics import percentile as percentile
from keras.ops.statistics import quantile as quantile
from keras.ops.statistics import trapezoid as trapezoid
from keras.ops.trigonometric import arccos as arccos
from keras.ops.trigonometric import arccosh as arccosh
from keras.ops.trigonometric import arcsin as arcsin
from keras.ops.trigonometric import arcsinh as arcsinh
from keras.ops.trigonometric import arctan as arctan
from keras.ops.trigonometric import arctan2 as arctan2
from keras.ops.trigonometric import arctanh as arctanh
from keras.ops.trigonometric import cos as cos
from keras.ops.trigonometric import cosh as cosh
from keras.ops.trigonometric import deg2rad as deg2rad
from keras.ops.trigonometric import rad2deg as rad2deg
from keras.ops.trigonometric import sin as sin
from keras.ops.trigonometric import sinc as sinc
from keras.ops.trigonometric import sinh as sinh
from keras.ops.trigonometric import tan as tan
from keras.ops.trigonometric import tanh as tanh
from keras.ops.unique_values import unique as unique
from keras.ops.vectorization import vectorize as vectorize
from keras.ops.windowing import bartlett as bartlett
from keras.ops.windowing import blackman as blackman
from keras.ops.windowing import hamming as hamming
from keras.ops.windowing import hanning as hanning
from keras.ops.windowing import kaiser as kaiser
from keras.ops.windowing import vander as vander

__all__ = [
    "abs",
    "absolute",
    "add",
    "all",
    "allclose",
    "amax",
    "amin",
    "angle",
    "any",
    "append",
    "arange",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "argmax",
    "argmin",
    "argpartition",
    "argsort",
    "array",
    "array_split",
    "average",
    "bartlett",
    "bincount",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "blackman",
    "broadcast_to",
    "cbrt",
    "ceil",
    "clip",
    "concatenate",
    "conj",
    "conjugate",
    "copy",
    "corrcoef",
    "correlate",
    "cos",
    "cosh",
    "count_nonzero",
    "cross",
    "cumprod",
    "cumsum",
    "deg2rad",
    "diag",
    "diagflat",
    "diagonal",
    "diff",
    "digitize",
    "divide",
    "divide_no_nan",
    "dot",
    "dsplit",
    "dstack",
    "einsum",
    "empty",
    "empty_like",
    "equal",
    "exp",
    "exp2",
    "expand_dims",
    "expm1",
    "eye",
    "fabs",
    "flip",
    "fliplr",
    "flipud",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "full",
    "full_like",
    "gcd",
    "geomspace",
    "get_item",
    "greater",
    "greater_equal",
    "hamming",
    "hanning",
    "heaviside",
    "histogram",
    "hsplit",
    "hstack",
    "hypot",
    "i0",
    "identity",
    "imag",
    "inner",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "kaiser",
    "kron",
    "lcm",
    "ldexp",
    "left_shift",
    "less",
    "less_equal",
    "linspace",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logspace",
    "matmul",
    "max",
    "maximum",
    "mean",
    "median",
    "meshgrid",
    "min",
    "minimum",
    "mod",
    "moveaxis",
    "multiply",
    "nan_to_num",
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanpercentile",
    "nanprod",
    "nanquantile",
    "nanstd",
    "nansum",
    "nanvar",
    "ndim",
    "negative",
    "nextafter",
    "nonzero",
    "not_equal",
    "ones",
    "ones_like",
    "outer",
    "pad",
    "percentile",
    "power",
    "prod",
    "ptp",
    "quantile",
    "rad2deg",
    "ravel",
    "real",
    "reciprocal",
    "repeat",
    "reshape",
    "right_shift",
    "roll",
    "rot90",
    "round",
    "searchsorted",
    "select",
    "sign",
    "signbit",
    "sin",
    "sinc",
    "sinh",
    "size",
    "slogdet",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "swapaxes",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tensordot",
    "tile",
    "trace",
    "transpose",
    "trapezoid",
    "tri",
    "tril",
    "triu",
    "true_divide",
    "trunc",
    "unique",
    "unravel_index",
    "vander",
    "var",
    "vdot",
    "vectorize",
    "view",
    "vsplit",
    "vstack",
    "where",
    "zeros",
    "zeros_like",
]
