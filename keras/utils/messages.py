"""Where the library's own words go: the terminal, or the log.

`keras.config.disable_interactive_logging()` sends them to the Python logger
`keras` instead of standard output.
"""

from __future__ import annotations

import logging
import sys

from keras.core import config


def show(text: str, newline: bool = True) -> None:
    """Write `text` to standard output, or to the log where that is asked for.

    Args:
        text: The message.
        newline: Whether a line ends after it. In a log every message is a line.
    """
    if config.is_interactive_logging_enabled():
        sys.stdout.write(text + "\n" if newline else text)
        sys.stdout.flush()
    elif text.strip():
        logging.getLogger("keras").info(text.strip())


def can_redraw() -> bool:
    """Whether output goes where `\\r` can draw over a line: terminal or notebook."""
    if not config.is_interactive_logging_enabled():
        return False
    isatty = getattr(sys.stdout, "isatty", None)
    return bool(isatty is not None and isatty()) or _is_notebook()


def _is_notebook() -> bool:
    return type(sys.stdout).__module__.startswith("ipykernel")
