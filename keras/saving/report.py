"""What a load of weights did."""

from __future__ import annotations

from dataclasses import dataclass, field

_MOST_SHOWN = 20


@dataclass
class LoadReport:
    """What `load_weights` did with each object of a model and of the file.

    Attributes:
        source: the file.
        loaded: layers and other objects whose values were read, by their paths.
        missing: those of which the file has nothing, with what it lacks.
        mismatched: those that it has in another shape or number, with both.
        unexpected: what the file has and the model has no place for.

    Example:

    >>> from keras.saving.report import LoadReport
    >>> print(LoadReport("a.weights.h5", loaded=["layers/dense"], unexpected=["old"]))
    a.weights.h5: 1 loaded, 0 missing, 0 mismatched, 1 unexpected
      unexpected: old
    """

    source: str
    loaded: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """What does not fit: missing and mismatched."""
        return [*self.missing, *self.mismatched]

    def __str__(self) -> str:
        kinds = {name: getattr(self, name) for name in _KINDS}
        counts = ", ".join(f"{len(x)} {name}" for name, x in kinds.items())
        lines = [f"{self.source}: {counts}"]
        for name, found in kinds.items():
            shown = [] if name == "loaded" else found[:_MOST_SHOWN]
            lines += [f"  {name}: {entry}" for entry in shown]
            if shown and len(found) > len(shown):
                lines.append(f"  {name}: and {len(found) - len(shown)} more")
        return "\n".join(lines)

    __repr__ = __str__


_KINDS = ("loaded", "missing", "mismatched", "unexpected")
