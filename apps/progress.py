"""Progress and notes on stderr."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

INTERRUPTED = 130  # exit code after Ctrl-C


class SpeedColumn(ProgressColumn):
    """Items a second, or seconds an item where that is slow."""

    def render(self, task: Task) -> Text:
        speed = task.speed or 0
        if not speed:
            return Text("")
        return Text(f"{speed:.1f}/s" if speed >= 1 else f"{1 / speed:.1f} s each")


_display: list[Progress] = []  # the one that is on the terminal; two would overwrite each other


@contextmanager
def _open_display() -> Iterator[Progress]:
    """The display on the terminal, or a fresh one; silent where stderr is no terminal."""
    if _display:
        yield _display[0]
        return
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), SpeedColumn(), TimeRemainingColumn()
    )  # fmt: skip
    display = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
    with display:
        _display.append(display)
        try:
            yield display
        finally:
            _display.remove(display)


@contextmanager
def progress_bar(title: str, total: int | None, *, disable: bool = False) -> Iterator[Callable[..., None]]:
    """Show a bar while the block runs; call what it yields after each item. Within another's block, a line below it."""
    if disable:
        yield lambda *_, **__: None
        return
    with _open_display() as display:
        task = display.add_task(title, total=total)

        def advance(count: int = 1, *, total: int | None = None, description: str | None = None) -> None:
            display.update(task, advance=count, total=total, description=description)

        try:
            yield advance
        finally:
            display.remove_task(task)


@contextmanager
def tile_bar() -> Iterator[Callable[[int, int], None]]:
    """A bar for the tiles of one large picture, which shows from the first tile on; for `progress=`."""
    with ExitStack() as stack:
        bar: list[tuple[Progress, TaskID]] = []

        def progress(done: int, total: int) -> None:
            if not bar:
                display = stack.enter_context(_open_display())
                bar.append((display, display.add_task("tiles", total=total)))
                stack.callback(display.remove_task, bar[0][1])
            bar[0][0].update(bar[0][1], completed=done)

        yield progress


def note(line: str) -> None:
    """Say on stderr that something is done otherwise than asked for."""
    print(f"note: {line}", file=sys.stderr)
