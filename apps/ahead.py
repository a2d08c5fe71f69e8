"""Pipelines: the stages of a long job side by side, each in a thread, with bounded queues between them."""

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
PATIENCE = 0.1  # s between looks at whether to stop


class Ahead(Generic[Item]):
    """Runs an iterator in a thread, at most `room` items ahead of who takes them; errors come out where they are taken.

    Close it, or use it as a context manager: then the thread has ended.
    """

    def __init__(self, items: Iterable[Item], room: int) -> None:
        self._items = items
        self._queue: queue.Queue[tuple[bool, Item | BaseException | None]] = queue.Queue(room)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put((True, item)):
                    return
            self._put((False, None))
        except BaseException as error:  # raised again in the thread that waits for the items
            self._put((False, error))

    def _put(self, entry: tuple[bool, Item | BaseException | None]) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(entry, timeout=PATIENCE)
                return True
            except queue.Full:
                continue
        return False

    def __iter__(self) -> Iterator[Item]:
        while not self._stop.is_set():
            try:
                more, item = self._queue.get(timeout=PATIENCE)
            except queue.Empty:
                continue
            if more:
                yield item  # type: ignore[misc]
            elif item is not None:
                raise item  # type: ignore[misc]
            else:
                return

    def close(self) -> None:
        """Stop after the item in work, and wait for the thread."""
        self._stop.set()
        self._thread.join()

    def __enter__(self) -> "Ahead[Item]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
