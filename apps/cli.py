"""The command line: what `adain` answers to, put together.

The commands stand in cli_pictures.py, cli_video.py and cli_models.py, the options they share in flags.py.
Results go to stdout, progress and errors to stderr. Exit 0 ok, 1 something failed, 2 usage, 130 Ctrl-C.
Nothing heavy is imported here, so that `adain --help` answers at once.
"""

import sys
from typing import Annotated

import typer

from adain import __version__
from adain.errors import AdainError, OptionError

from . import cli_models, cli_pictures, cli_video
from .flags import HELP_OPTIONS
from .machine import keep_freed_memory

app = typer.Typer(
    name="adain",
    help="Paint any photo in any style.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings=HELP_OPTIONS,
)
for part in (cli_pictures, cli_video, cli_models):
    app.add_typer(part.commands)


def show_version(value: bool) -> None:
    if value:
        print(f"adain {__version__}")
        raise typer.Exit


@app.callback()
def root(version: Annotated[bool, typer.Option("--version", callback=show_version, is_eager=True)] = False) -> None:
    pass


def main() -> None:
    """Run the command line; errors a user can meet become one line on stderr."""
    keep_freed_memory()
    try:
        app()
    except AdainError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, OptionError) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
