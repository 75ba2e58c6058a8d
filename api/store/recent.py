"""What was unpacked or derived lately, so that it need not be again: a bounded memory of one process.

Only values that their key determines for ever (a digest, a digest and a day) are held, so nothing here can be stale.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
LARGEST = 20_000
"""Packed bytes of a value that is held. Unpacked it takes about ten times as much; of a thousand programs each of the
usual two thousand bytes, with three scorecards, that is about 90 MB."""


class Recent(Generic[Key, Value]):
    """The values used last, at most `most`. May be used from any thread."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Value | None:
        """The value, where it is held."""
        with self._lock:
            if (value := self._held.get(key)) is not None:
                self._held.move_to_end(key)
            return value

    def put(self, key: Key, value: Value, size: int) -> None:
        """Hold a value of this packed size, unless it is too large; the one used longest ago may give way."""
        if size > LARGEST:
            return
        with self._lock:
            self._held[key] = value
            self._held.move_to_end(key)
            if len(self._held) > self.most:
                self._held.popitem(last=False)
