"""Progress and notes on stderr."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class SpeedColumn(ProgressColumn):
    """Items a second, or seconds an item where that is slow."""

    def render(self, task: Task) -> Text:
        speed = task.speed or 0
        if not speed:
            return Text("")
        return Text(f"{speed:.1f}/s" if speed >= 1 else f"{1 / speed:.1f} s each")


@contextmanager
def progress_bar(title: str, total: int | None, *, disable: bool = False) -> Iterator[Callable[..., None]]:
    """Show a bar while the block runs; call what it yields after each item. Silent where stderr is no terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), SpeedColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=console, disable=disable or not console.is_terminal, transient=True) as progress:
        task = progress.add_task(title, total=total)

        def advance(count: int = 1, *, description: str | None = None) -> None:
            progress.update(task, advance=count, description=description)

        yield advance


@contextmanager
def tile_bar() -> Iterator[Callable[[int, int], None]]:
    """A bar for the tiles of one large picture, which shows from the first tile on; for `progress=`."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    bar = Progress(*columns, console=console, transient=True)
    task = bar.add_task("tiles", total=None)

    def progress(done: int, total: int) -> None:
        if console.is_terminal:
            bar.start()
            bar.update(task, completed=done, total=total)

    try:
        yield progress
    finally:
        if bar.live.is_started:
            bar.stop()


def note(line: str) -> None:
    """Say on stderr that something is done otherwise than asked for."""
    print(f"note: {line}", file=sys.stderr)
