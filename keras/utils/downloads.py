"""Downloading to a file, with a progress bar, over connections that break."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from keras.utils.progbar import Progbar

SCHEMES = ("http", "https", "ftp", "file")
# Seconds without a byte after which a server counts as gone.
TIMEOUT = 60.0
ATTEMPTS = 4
_BLOCK = 1 << 16


def download(url: str, path: str) -> None:
    """Writes what a URL holds to a file.

    A connection that breaks is taken up where it broke, if the server can.

    Args:
        url: a `http`, `https`, `ftp` or `file` URL.
        path: the file, which is made or overwritten.

    Raises:
        ValueError: for other URLs.
        OSError: if the server refuses, is silent or breaks off too often.
    """
    if urlsplit(url).scheme not in SCHEMES:
        raise ValueError(
            f"A URL begins with one of: {', '.join(SCHEMES)}. Received: {url!r}."
        )
    # Not at the top: it brings http and ssl along, which only a download needs.
    from http.client import HTTPException, IncompleteRead
    from urllib.error import HTTPError

    problem: Exception | None = None
    transfer = _Transfer(url, path)
    for _ in range(ATTEMPTS):
        try:
            transfer.run()
        except HTTPError as error:
            raise OSError(
                f"{url} could not be downloaded: the server answers {error.code} "
                f"({error.reason})."
            ) from None
        except (OSError, HTTPException) as error:
            before, problem = transfer.done, error
            # Without progress there is no use in trying again.
            if isinstance(error, IncompleteRead) or before > transfer.mark:
                transfer.mark = before
                continue
            break
        else:
            return
    raise OSError(
        f"{url} could not be downloaded: {problem!r} after {transfer.done:,} bytes. Is "
        "the address right, and this machine connected to the network?"
    ) from problem


class _Transfer:
    """A download that can be taken up again.

    Attributes:
        done: how many bytes are in the file.
        mark: how many were there when the last attempt began.
    """

    def __init__(self, url: str, path: str) -> None:
        self.url = url
        self.path = path
        self.done = 0
        self.mark = 0
        self._tag: str | None = None
        self._bar: Progbar | None = None

    def run(self) -> None:
        """One attempt; raises if it does not get to the end."""
        import urllib.request  # with `ssl` and `email`: 30 ms for who downloads nothing

        request = urllib.request.Request(self.url, headers=self._headers())
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            if self.done and not self._continues(answer):
                self.done = 0
            self._tag = answer.headers.get("ETag")
            length = answer.headers.get("Content-Length")
            total = self.done + int(length) if length and length.isdecimal() else None
            self._copy(answer, total)

    def _headers(self) -> dict[str, str]:
        headers = {"User-Agent": "keras"}
        # A range of a file that has changed meanwhile would not fit: If-Range.
        if self.done and self._tag:
            headers |= {"Range": f"bytes={self.done}-", "If-Range": self._tag}
        return headers

    def _continues(self, answer: Any) -> bool:
        begins = answer.headers.get("Content-Range", "")
        return answer.status == 206 and begins.startswith(f"bytes {self.done}-")

    def _copy(self, answer: Any, total: int | None) -> None:
        from http.client import IncompleteRead  # urllib has loaded it by now

        if self._bar is None or self._bar.target != total:
            self._bar = Progbar(total, unit_name="byte")
        with open(self.path, "r+b" if self.done else "wb") as file:
            file.seek(self.done)
            while block := answer.read(_BLOCK):
                file.write(block)
                self.done += len(block)
                self._bar.update(self.done, finalize=False)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        if total is not None and self.done < total:
            raise IncompleteRead(b"", total - self.done)
        self._bar.update(self.done, finalize=True)
