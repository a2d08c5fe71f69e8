"""The styles that come with the package, by name."""

import difflib
import json
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from .errors import StyleError
from .saved import saved_styles


@dataclass(frozen=True)
class BuiltinStyle:
    """A line of styles/styles.json."""

    name: str
    title: str
    credit: str
    licence: str

    @property
    def path(self) -> Path:
        return styles_folder() / f"{self.name}.jpg"


def styles_folder() -> Path:
    return Path(str(files("adain.styles")))


def list_styles() -> dict[str, BuiltinStyle]:
    """Every built-in style by its name, in alphabetical order."""
    entries = json.loads((styles_folder() / "styles.json").read_text())
    return {name: BuiltinStyle(name=name, **entry) for name, entry in sorted(entries.items())}


def is_builtin(picture: Path) -> bool:
    """Whether a style's picture is one that comes with the package."""
    return picture.parent == styles_folder()


def find_style(name: str | Path) -> Path:
    """The file of a style: a picture's path, or the name of a built-in or saved style.

    Raises:
        StyleError: there is none of these; the nearest names are suggested.
    """
    path = Path(name)
    if os.path.isfile(path):  # unlike Path.is_file, False where the folder may not be looked into
        return path
    styles = list_styles()
    if str(name) in styles:
        return styles[str(name)].path
    saved = saved_styles()
    if str(name) in saved:
        return saved[str(name)]
    if path.suffix or len(path.parts) > 1:
        raise StyleError(f"{name}: no such style picture; check the path, or see 'adain styles' for the built-in ones")
    near = difflib.get_close_matches(str(name), [*styles, *saved], n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "see 'adain styles', or give the path of a picture"
    raise StyleError(f"unknown style {str(name)!r}: {hint}")
