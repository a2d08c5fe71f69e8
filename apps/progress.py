"""The progress bar on stderr."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress_bar(title: str, total: int, *, disable: bool = False) -> Iterator[Callable[..., None]]:
    """Show a bar while the block runs; call what it yields after each item. Silent where stderr is no terminal."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=disable or not console.is_terminal, transient=True) as progress:
        task = progress.add_task(title, total=total)

        def advance(count: int = 1, *, description: str | None = None) -> None:
            progress.update(task, advance=count, description=description)

        yield advance
