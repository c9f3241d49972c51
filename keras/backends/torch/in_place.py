"""Activations that overwrite what they are of, where nobody else reads it.

By hand one writes `nn.ReLU(inplace=True)` after a convolution or a normalization: a
tensor less to hold until the gradients are there, and no new memory to fill. In a
recording it is known who else reads a tensor, so there this needs nobody's word.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import torch

Line = tuple[str, str]

# Their gradients are made of their results.
_IN_PLACE = {torch.relu: torch.relu_, torch.tanh: torch.tanh_}
_IN_PLACE[torch.sigmoid] = torch.sigmoid_
# Results of these are new memory, and their gradients need no results.
_FRESH = {
    torch.conv1d,
    torch.conv2d,
    torch.conv3d,
    torch.conv_transpose1d,
    torch.conv_transpose2d,
    torch.conv_transpose3d,
    torch.batch_norm,
    torch.addcmul,
    torch.addmm,
    torch.add,
    torch.Tensor.add,
}
_VIEWS = {
    torch.permute,
    torch.movedim,
    torch.Tensor.permute,
    torch.Tensor.movedim,
}
_CALL = re.compile(r"(c\d+)\((t\d+)?.*\)")
_FIRST = re.compile(r"(r\d+)\[0\]")
_NAME = re.compile(r"\b[tr]\d+\b")


def in_place(lines: list[Line], constants: dict[str, Any], result: str) -> list[Line]:
    """Recorded calls, with activations in place where only they read their input.

    Args:
        lines: names of results, and the calls that they are of.
        constants: what is named in the calls; functions are added.
        result: the text of what is returned.
    """
    reader = _Reader(lines, constants, result)
    after: dict[int, Line] = {}
    changed = list(lines)
    for index, (name, text) in enumerate(lines):
        function, source = reader.call(text)
        if function in _IN_PLACE and source and text.endswith(f"({source})"):
            made = reader.fresh(source)
            if made is not None:
                word = f"i{index}"
                constants[word] = _IN_PLACE[function]
                after[made] = ("_", f"{word}({lines[made][0]})")
                changed[index] = (name, source)
    written: list[Line] = []
    for index, line in enumerate(changed):
        written.append(line)
        if index in after:
            written.append(after[index])
    return written


class _Reader:
    """What lines call, and who reads their results."""

    def __init__(
        self, lines: list[Line], constants: dict[str, Any], result: str
    ) -> None:
        self._lines = lines
        self._constants = constants
        texts = [text for _, text in lines]
        self._reads = Counter(_NAME.findall(" ".join([*texts, result])))
        self._makes = Counter(name for name, _ in lines)
        self._made = {name: index for index, (name, _) in enumerate(lines)}

    def call(self, text: str) -> tuple[Any, str | None]:
        """The function of a line, and the result that is its first argument."""
        found = _CALL.fullmatch(text)
        if found is None:
            return None, None
        return self._constants[found[1]], found[2]

    def fresh(self, name: str) -> int | None:
        """The line that makes the memory of a tensor, if it is new and nobody but one
        reader sees it, which may write to it then."""
        while self._reads[name] == self._makes[name] == 1:
            index = self._made[name]
            text = self._lines[index][1]
            function, source = self.call(text)
            if function in _FRESH or self._is_normalized(text):
                return index
            if function not in _VIEWS or source is None:
                return None
            name = source
        return None

    def _is_normalized(self, text: str) -> bool:
        first = _FIRST.fullmatch(text)
        if first is None:
            return False
        function, _ = self.call(self._lines[self._made[first[1]]][1])
        return function is torch.native_batch_norm
