"""A mailbox with one slot between two threads: the newest item wins, so nothing queues and delay cannot grow."""

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Attributes:
    dropped: how many items were replaced before anyone took them.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._item: Item | None = None
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item: Item) -> None:
        """Leave an item, in place of one that nobody has taken; after `close` it is thrown away."""
        with self._changed:
            if self._closed:
                return
            self.dropped += self._item is not None
            self._item = item
            self._changed.notify()

    def take(self, timeout: float | None = None) -> Item | None:
        """The newest item, once; None where none comes within `timeout` seconds, or the mailbox is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed, timeout)
            item, self._item = self._item, None
            return item

    def close(self) -> None:
        """Nothing more will come: whoever waits wakes up. What still lies in the slot can be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def finished(self) -> bool:
        """Closed, and nothing left to take."""
        with self._changed:
            return self._closed and self._item is None
