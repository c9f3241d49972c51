"""`History`: what `fit` returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras.callbacks.callback import Callback, Logs


class History(Callback):
    """Records the logs of every epoch; `fit` adds one and returns it.

    Attributes:
        history: A list of floats per metric name, one number per epoch.
        epoch: The numbers of the recorded epochs.

    Example:

    >>> from keras.callbacks import History
    >>> history = History()
    >>> history.on_train_begin()
    >>> history.on_epoch_end(0, {"loss": 0.5})
    >>> history.history
    {'loss': [0.5]}
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch: list[int] = []
        self.history: dict[str, list[Any]] = {}

    def on_train_begin(self, logs: Logs = None) -> None:
        """Start the list of epochs anew; `history` goes on."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Record the logs of this epoch."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        if self.model is not None:
            self.model.history = self

    def plot(self, metrics: str | Sequence[str] | None = None) -> Any:
        """Draw the curves of the epochs; needs matplotlib.

        Args:
            metrics: Names of those to draw; all by default. Each has its own axes, with
                the curve of the validation data beside it.

        Returns:
            The figure of matplotlib, not shown yet.

        Raises:
            ImportError: if matplotlib is not installed.
            ValueError: for a metric that was not recorded.
        """
        try:
            from matplotlib.figure import Figure
            from matplotlib.ticker import MaxNLocator
        except ImportError as error:
            raise ImportError(
                "History.plot() needs matplotlib. Run `pip install keras[plots]`."
            ) from error
        names = [name for name in self.history if not name.startswith("val_")]
        chosen = [metrics] if isinstance(metrics, str) else list(metrics or names)
        unknown = [name for name in chosen if name not in self.history]
        if unknown or not chosen:
            raise ValueError(
                f"There are curves of {', '.join(map(repr, names)) or 'nothing yet'}. "
                f"Received: metrics={metrics!r}."
            )
        figure = Figure(figsize=(5 * len(chosen), 4), layout="constrained")
        for axes, name in zip(
            figure.subplots(1, len(chosen), squeeze=False)[0], chosen, strict=True
        ):
            for curve, label in ((name, "training"), (f"val_{name}", "validation")):
                values = self.history.get(curve, ())
                if len(values):
                    axes.plot(self.epoch[-len(values) :], values, label=label)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.set_xlabel("epoch")
            axes.set_ylabel(name)
            axes.legend()
        return figure
