"""`RemoteMonitor`: the logs of every epoch, posted to a server."""

from __future__ import annotations

import json
import warnings
from typing import Any

from keras.callbacks.callback import Callback, Logs
from keras.core import placement


class RemoteMonitor(Callback):
    """Posts the logs of each epoch to a server over HTTP.

    A server that cannot be reached gives a warning; the training goes on.

    Args:
        root: The address of the server.
        path: The path below it.
        field: The form field that carries the logs as JSON text.
        headers: HTTP headers to send along.
        send_as_json: Whether the whole body is JSON rather than a form.

    Example:

    >>> from keras.callbacks import RemoteMonitor
    >>> RemoteMonitor("http://localhost:9000").path
    '/publish/epoch/end/'
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Post the logs."""
        # With `ssl` and `email`: 30 ms for who monitors nothing.
        import urllib.parse
        import urllib.request

        if not self.root.startswith(("http://", "https://")):
            raise ValueError(
                "The `root` of RemoteMonitor must begin with http:// or https://. "
                f"Received: {self.root!r}"
            )
        if not placement.writes_files():
            return
        text = json.dumps({"epoch": epoch, **(logs or {})}, default=_plain)
        headers = dict(self.headers or {})
        if self.send_as_json:
            body = text
            headers.setdefault("Content-Type", "application/json")
        else:
            body = urllib.parse.urlencode({self.field: text})
        request = urllib.request.Request(
            self.root + self.path, body.encode(), headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=10):
                pass
        except OSError as error:
            warnings.warn(
                f"RemoteMonitor could not reach {self.root}: {error}", stacklevel=2
            )


def _plain(value: Any) -> Any:
    if not hasattr(value, "tolist"):
        return str(value)
    plain = value.tolist()
    while isinstance(plain, list) and len(plain) == 1:
        (plain,) = plain  # an array of one number is a number
    return plain
