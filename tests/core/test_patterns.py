"""Regular expressions out of configs: slow ones are refused, simple ones are not."""

from __future__ import annotations

import pytest

from keras.core.errors import UnsafeDeserializationError
from keras.core.patterns import check_pattern
from keras.core.serialization import reading_of


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*b", "([ab]*c)*", "((a)+b)*", "a*a*a*a*b", "(a?){25}", "a?" * 40],
)
def test_slow_ones_are_refused(pattern: str) -> None:
    check_pattern(pattern)  # of a program: it may do as it likes
    refused = pytest.raises(UnsafeDeserializationError, match="may take very long")
    with reading_of("a file"), refused:
        check_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["dense", r"dense_\d+", ".*/(query|key)/kernel", "[*+]x", r"\(.*", ".*/a/.*/b/.*"],
)
def test_simple_ones_are_not(pattern: str) -> None:
    with reading_of("a file"):
        check_pattern(pattern)
