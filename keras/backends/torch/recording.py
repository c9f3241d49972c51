"""A function's torch calls, recorded once and run again without the Python around them.

A model of one row spends more time in Python between torch's kernels than in them.
For a pure function all of that leads to the same torch calls each time, as long as
structure, shapes, dtypes and devices of the inputs and torch's modes are the same. So
the calls are noted while the function runs, and written out as a straight line of
Python: what a torch user would have written by hand. Gradients, autocast of inputs
and devices are torch's business, and work on the line as on the original.

A recording is kept only if it is sure to be faithful. Every tensor in it must come
from an input, from a Variable or from another recorded call; no value may have left a
tensor (`item`, `tolist`, `numpy`), for Python could have decided on it; no random
number may have been drawn; and torch's modes must have stayed as they were. Else the
function runs plainly. A function that sets a mode of torch for its own calls can be
recorded as one call: see `whole`.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch._C import _is_any_autocast_enabled as _autocast_enabled
from torch.autograd import forward_ad
from torch.overrides import TorchFunctionMode as _TorchFunctionMode
from torch.overrides import handle_torch_function as _handle
from torch.overrides import has_torch_function as _has_torch_function

from keras.backends.torch.in_place import in_place
from keras.core import tree
from keras.core.typing import Structure

_Tensor = torch.Tensor
_is_grad_enabled = torch.is_grad_enabled
_set_grad_enabled = torch._C._set_grad_enabled
_no_grad = torch.no_grad()
_is_inference_mode_enabled = torch.is_inference_mode_enabled

# What these tell is the same for the same signature of inputs.
_METADATA = frozenset(
    (
        _Tensor.shape.__get__,
        _Tensor.dtype.__get__,
        _Tensor.device.__get__,
        _Tensor.ndim.__get__,
        _Tensor.is_meta.__get__,
        _Tensor.is_cpu.__get__,
        _Tensor.is_cuda.__get__,
        _Tensor.__len__,
        _Tensor.dim,
        _Tensor.size,
        _Tensor.numel,
        _Tensor.is_floating_point,
        _Tensor.is_complex,
        torch.is_floating_point,
        torch.is_complex,
        torch.numel,
    )
)
# This one is the same while the same inputs and weights want gradients.
_WANTS_GRADIENT = _Tensor.requires_grad.__get__
_RANDOM = frozenset(
    (
        "bernoulli",
        "dropout",
        "multinomial",
        "normal",
        "poisson",
        "rand",
        "randint",
        "randn",
        "randperm",
        "rand_like",
        "randint_like",
        "randn_like",
    )
)

_OF_GRADIENTS = frozenset(("grad", "requires_grad", "retain_grad", "register_hook"))

_MOST_LINES = 16  # kinds of calls of one function
_PATIENCE = 16  # calls with other tensors than the recorded ones, until a new record
_NAME = re.compile(r"\b[tr]\d+\b")  # inputs and results; not weights


# Variables by the id of their tensors; one that is gone may have passed its id on.
owners: WeakValueDictionary[int, Any] = WeakValueDictionary()


def _owner(tensor: torch.Tensor) -> Any:
    """The Variable whose value this very tensor is, or None."""
    found = owners.get(id(tensor))
    return found if found is not None and found._value is tensor else None


class _Unfaithful(Exception):
    """A call that a recording cannot hold."""


class Recorded:
    """A pure function of tensors that runs as its recorded torch calls.

    Args:
        function: takes one argument, a tensor or a nested structure of tensors.
        variables: gives the Variables that it reads. Without it, they are known by
            their tensors.
        at_once: whether the first call of a kind is recorded, not only the second.
    """

    def __init__(
        self,
        function: Callable[[Any], Any],
        variables: Callable[[], Iterable[Any]] = tuple,
        at_once: bool = True,
    ) -> None:
        self._function = function
        self._variables = variables
        self._at_once = at_once
        self._lines: dict[Any, _Line | None] = {}
        self._seen: set[Any] = set()

    def __call__(self, inputs: Any) -> Structure:
        if _autocast_enabled() or forward_ad._current_level >= 0:
            return self._function(inputs)
        signature = _signature(inputs)
        if signature is None:
            return self._function(inputs)
        key = signature, _is_grad_enabled(), _is_inference_mode_enabled()
        if key not in self._lines:
            if self._at_once or self._is_repeated(key):
                return self._record(key, inputs)
            return self._function(inputs)
        line = self._lines[key]
        if line is not None:
            if not line.is_current():
                return self._run_stale(key, line, inputs)
            return line.run(inputs)
        return self._function(inputs)

    def _is_repeated(self, key: Any) -> bool:
        """Whether calls of this kind come again; of too many kinds, none counts."""
        if key in self._seen:
            return len(self._lines) < _MOST_LINES
        if len(self._seen) < 16 * _MOST_LINES:
            self._seen.add(key)
        return False

    def _run_stale(self, key: Any, line: _Line, inputs: Any) -> Any:
        """Other tensors are in the variables, most likely for this one call."""
        line.misses += 1
        if line.misses < _PATIENCE:
            return self._function(inputs)
        return self._record(key, inputs)

    def _record(self, key: Any, inputs: Any) -> Any:
        variables = {id(v._value): v for v in self._variables()}
        leaves = [x for x in tree.flatten(inputs) if x is not None]
        given = {id(x) for x in leaves if id(x) not in variables and _owner(x) is None}
        if len(given) < len(leaves):
            return self._function(inputs)  # one tensor in two roles
        recorder = _Recorder(inputs, variables)
        with recorder:
            outputs = self._function(inputs)
        self._lines[key] = recorder.line(outputs)
        return outputs


def _modes() -> tuple[bool, bool, bool]:
    return _is_grad_enabled(), _is_inference_mode_enabled(), _autocast_enabled()


def whole(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of tensors that a recording takes as one call of torch."""

    @wraps(function)
    def called(first: Any, *args: Any, **kwargs: Any) -> Any:
        if _has_torch_function((first,)):
            return _handle(called, (first,), first, *args, **kwargs)
        return function(first, *args, **kwargs)

    return called


def _signature(inputs: Any) -> Any:
    """What calls of the same recording have in common; None if it is no tensors'."""
    if type(inputs) is _Tensor:
        return inputs.shape, inputs.dtype, inputs.device, inputs.requires_grad
    parts: list[Any] = []
    if type(inputs) is tuple and all(type(x) is _Tensor for x in inputs):
        for x in inputs:
            parts += (x.shape, x.dtype, x.device, x.requires_grad)
        return tuple(parts)
    for path, x in _leaves(inputs, ()):
        if isinstance(x, _Tensor):
            parts.append((path, type(x), x.shape, x.dtype, x.device, x.requires_grad))
        elif x is None:
            parts.append(path)
        else:
            return None
    return tuple(parts)


def _leaves(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, Any]]:
    if type(value) is tuple or type(value) is list:
        for index, part in enumerate(value):
            yield from _leaves(part, (*path, index))
    elif type(value) is dict:
        for key, part in value.items():
            yield from _leaves(part, (*path, key))
    else:
        yield path, value


class _Line:
    """Recorded calls as one function, and the variables whose tensors it holds.

    Args:
        run: the function.
        held: the variables, and the tensors that were in them.
        asks: whether the function that was recorded asked who wants gradients.
    """

    def __init__(
        self,
        run: Callable[[Any], Any],
        held: list[tuple[Any, torch.Tensor]],
        asks: bool,
    ) -> None:
        self.run = run
        self.misses = 0
        self._held = held
        self._wanting = [x.requires_grad for _, x in held] if asks else None

    def is_current(self) -> bool:
        """Whether the variables still hold the tensors that were recorded."""
        for variable, tensor in self._held:
            if variable._value is not tensor:
                return False
        wanting = self._wanting
        return wanting is None or wanting == [x.requires_grad for _, x in self._held]


class _Recorder(_TorchFunctionMode):
    """Notes the torch calls inside its block as lines of Python."""

    def __init__(self, inputs: Any, variables: dict[int, Any]) -> None:
        super().__init__()
        self._modes = _modes()
        # By id, which is only as good as its tensor is alive.
        self._names: dict[int, tuple[weakref.ref[torch.Tensor], str]] = {}
        self._count = 0
        self._lines: list[tuple[str, str]] = []
        self._constants: dict[str, Any] = {}
        self._variables = variables
        self._held: dict[str, Any] = {}
        self._faithful = True
        self._asks = False
        self._differentiates = False
        self._note_inputs(inputs, "inputs")

    def _note_inputs(self, value: Any, place: str) -> None:
        if isinstance(value, _Tensor):
            self._lines.append((self._name(value), place))
        elif type(value) in (list, tuple):
            for index, part in enumerate(value):
                self._note_inputs(part, f"{place}[{index}]")
        elif type(value) is dict:
            for key, part in value.items():
                self._note_inputs(part, f"{place}[{key!r}]")
        elif value is not None:
            self._faithful = False

    def _name(self, tensor: torch.Tensor) -> str:
        """The name of a result; a new one for a tensor that is seen first."""
        name = self._name_of(tensor)
        if name is None:
            name = f"t{self._count}"
            self._count += 1
            self._names[id(tensor)] = weakref.ref(tensor), name
        return name if name.startswith("t") else "_"  # a weight is no local variable

    def _name_of(self, tensor: torch.Tensor) -> str | None:
        found = self._names.get(id(tensor))
        return found[1] if found is not None and found[0]() is tensor else None

    def _constant(self, value: Any) -> str:
        if value is None or type(value) in (bool, int):
            return repr(value)
        name = f"c{len(self._constants)}"
        self._constants[name] = value
        return name

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if self._faithful:
            try:
                self._note(func, args, kwargs, result)
            except _Unfaithful:
                self._faithful = False
        return result

    def _note(
        self, func: Callable[..., Any], args: Any, kwargs: Any, result: Any
    ) -> None:
        if func in _METADATA:
            return
        if func == _WANTS_GRADIENT:
            self._asks = True
            return
        if _modes() != self._modes:
            raise _Unfaithful
        if func is _set_grad_enabled:  # to what it was
            return
        name = getattr(func, "__name__", "").rstrip("_")
        self._differentiates |= name in _OF_GRADIENTS
        if result is None or name in _RANDOM or kwargs.get("generator") is not None:
            raise _Unfaithful
        if isinstance(result, _Tensor):
            call = self._call(func, args, kwargs)
            self._lines.append((self._name(result), call))
        elif isinstance(result, (tuple, list)) and _holds_tensor(result):
            whole = f"r{len(self._lines)}"
            self._lines.append((whole, self._call(func, args, kwargs)))
            for index, part in enumerate(result):
                if not isinstance(part, _Tensor):
                    raise _Unfaithful
                self._lines.append((self._name(part), f"{whole}[{index}]"))
        elif _holds_tensor((args, kwargs)):
            raise _Unfaithful

    def _call(self, func: Callable[..., Any], args: Any, kwargs: Any) -> str:
        given = [self._written(x) for x in args]
        given += [f"{key}={self._written(x)}" for key, x in kwargs.items()]
        return f"{self._constant(func)}({', '.join(given)})"

    def _written(self, value: Any) -> str:
        """An argument or a result as Python."""
        if getattr(value, "_is_keras_variable", False):
            value = value._value
        if isinstance(value, _Tensor):
            return self._known(value)
        if not _holds_tensor(value):
            return self._constant(value)
        if type(value) is tuple:
            return f"({''.join(f'{self._written(x)}, ' for x in value)})"
        if type(value) is list:
            return f"[{', '.join(map(self._written, value))}]"
        if type(value) is dict:
            pairs = (f"{k!r}: {self._written(x)}" for k, x in value.items())
            return f"{{{', '.join(pairs)}}}"
        raise _Unfaithful

    def _known(self, tensor: torch.Tensor) -> str:
        name = self._name_of(tensor)
        if name is not None:
            return name
        variable = self._variables.get(id(tensor))
        if variable is None:
            variable = _owner(tensor)
        if variable is None:
            raise _Unfaithful
        name = f"w{len(self._held)}"
        self._names[id(tensor)] = weakref.ref(tensor), name
        self._held[name] = variable
        self._constants[name] = tensor
        return name

    def line(self, outputs: Any) -> _Line | None:
        """The recording, with these outputs; None if it would not be faithful."""
        if not self._faithful:
            return None
        try:
            result = self._written(outputs)
        except _Unfaithful:
            return None
        lines = self._lines
        if not self._differentiates:
            lines = in_place(lines, self._constants, result)
        body = "\n".join(f"    {line}" for line in _releasing(lines, result))
        source = f"def run(inputs):\n{body}\n    return {result}\n"
        scope = dict(self._constants)
        # The text is made of names and calls that were noted above, of nothing else.
        exec(compile(source, "<recorded torch calls>", "exec"), scope)  # noqa: S102
        run = scope["run"]
        if _is_grad_enabled() and not self._differentiates and _cut_off(outputs):
            run = _no_grad(run)
        held = [(v, self._constants[name]) for name, v in self._held.items()]
        return _Line(run, held, self._asks)


def _cut_off(outputs: Any) -> bool:
    """Whether no gradient can come in from anywhere: none is to be prepared for."""
    return not any(
        x.requires_grad for x in tree.flatten(outputs) if isinstance(x, _Tensor)
    )


def _releasing(lines: list[tuple[str, str]], result: str) -> list[str]:
    """The lines as text; each tensor is let go of after its last use."""
    last = {name: index for index, (name, _) in enumerate(lines)}
    for index, (_, text) in enumerate(lines):
        last.update(dict.fromkeys(_NAME.findall(text), index))
    for name in _NAME.findall(result):
        last[name] = len(lines)
    written = []
    for index, (name, text) in enumerate(lines):
        written.append(f"{name} = {text}")
        used = dict.fromkeys([name, *_NAME.findall(text)])
        gone = [n for n in used if last[n] == index]
        if gone:
            written.append(f"del {', '.join(gone)}")
    return written


def _holds_tensor(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(map(_holds_tensor, value))
    if isinstance(value, dict):
        return any(map(_holds_tensor, value.values()))
    if isinstance(value, slice):
        return _holds_tensor((value.start, value.stop, value.step))
    return isinstance(value, _Tensor) or getattr(value, "_is_keras_variable", False)
