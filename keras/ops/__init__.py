"""The ops: NumPy's functions and a neural network's, on every backend.

A public op stands in one list: NumPy's in `numpy.py`, those of neural networks in
`nn/public.py`, all others below.
"""

from keras.core.surface import surface as _surface
from keras.ops import defaults as defaults
from keras.ops import image as image
from keras.ops import linalg as linalg
from keras.ops import nn as nn
from keras.ops import numpy as numpy
from keras.ops.control import associative_scan as associative_scan
from keras.ops.control import cond as cond
from keras.ops.control import custom_gradient as custom_gradient
from keras.ops.control import fori_loop as fori_loop
from keras.ops.control import jvp as jvp
from keras.ops.control import map as map
from keras.ops.control import scan as scan
from keras.ops.control import switch as switch
from keras.ops.control import vectorized_map as vectorized_map
from keras.ops.control import while_loop as while_loop
from keras.ops.core import cast as cast
from keras.ops.core import convert_to_numpy as convert_to_numpy
from keras.ops.core import convert_to_tensor as convert_to_tensor
from keras.ops.core import dtype as dtype
from keras.ops.core import is_tensor as is_tensor
from keras.ops.core import saturate_cast as saturate_cast
from keras.ops.core import scatter as scatter
from keras.ops.core import scatter_update as scatter_update
from keras.ops.core import shape as shape
from keras.ops.core import slice as slice
from keras.ops.core import slice_update as slice_update
from keras.ops.core import stop_gradient as stop_gradient
from keras.ops.core import unstack as unstack
from keras.ops.linalg import cdist as cdist
from keras.ops.linalg import cholesky as cholesky
from keras.ops.linalg import cholesky_inverse as cholesky_inverse
from keras.ops.linalg import det as det
from keras.ops.linalg import eig as eig
from keras.ops.linalg import eigh as eigh
from keras.ops.linalg import inv as inv
from keras.ops.linalg import logdet as logdet
from keras.ops.linalg import lstsq as lstsq
from keras.ops.linalg import lu_factor as lu_factor
from keras.ops.linalg import matrix_rank as matrix_rank
from keras.ops.linalg import norm as norm
from keras.ops.linalg import pinv as pinv
from keras.ops.linalg import qr as qr
from keras.ops.linalg import solve as solve
from keras.ops.linalg import solve_triangular as solve_triangular
from keras.ops.linalg import svd as svd
from keras.ops.nn.public import *
from keras.ops.numpy import *
from keras.ops.operators import attach as _attach
from keras.ops.rearranging import rearrange as rearrange
from keras.ops.segment import in_top_k as in_top_k
from keras.ops.segment import segment_max as segment_max
from keras.ops.segment import segment_min as segment_min
from keras.ops.segment import segment_prod as segment_prod
from keras.ops.segment import segment_sum as segment_sum
from keras.ops.segment import top_k as top_k
from keras.ops.signal import extract_sequences as extract_sequences
from keras.ops.signal import fft as fft
from keras.ops.signal import fft2 as fft2
from keras.ops.signal import ifft2 as ifft2
from keras.ops.signal import irfft as irfft
from keras.ops.signal import istft as istft
from keras.ops.signal import rfft as rfft
from keras.ops.signal import stft as stft
from keras.ops.signal import view_as_complex as view_as_complex
from keras.ops.signal import view_as_real as view_as_real
from keras.ops.special import erf as erf
from keras.ops.special import erfc as erfc
from keras.ops.special import erfinv as erfinv
from keras.ops.special import logsumexp as logsumexp
from keras.ops.special import rsqrt as rsqrt

_attach()

__all__, __dir__ = _surface(globals(), "image", "linalg", "nn", "numpy")
