"""The progress bar on stderr."""

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
def progress_bar(title: str, total: int, *, disable: bool = False) -> Iterator[Callable[..., None]]:
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
