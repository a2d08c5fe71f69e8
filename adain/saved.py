"""The styles a user has saved by name: a few kB each, in a folder of the user's own."""

import os
import re
import sys
from pathlib import Path

from .errors import StyleError

SAVED_SUFFIX = ".style"
NAME = re.compile(r"\w[\w.-]*")  # works as a file's name everywhere, and in LABEL=NAME:WEIGHT


def saved_folder() -> Path:
    """Where saved styles lie: $ADAIN_STYLES, else "adain/styles" in the platform's folder for a user's data."""
    if own := os.environ.get("ADAIN_STYLES"):
        return Path(own)
    home = Path.home()
    if sys.platform == "win32":
        data = os.environ.get("APPDATA") or home / "AppData" / "Roaming"
    elif sys.platform == "darwin":
        data = home / "Library" / "Application Support"
    else:
        data = os.environ.get("XDG_DATA_HOME") or home / ".local" / "share"
    return Path(data) / "adain" / "styles"


def saved_styles() -> dict[str, Path]:
    """Every saved style's file by its name, in alphabetical order."""
    folder = saved_folder()
    if not os.path.isdir(folder):
        return {}
    return {path.name.removesuffix(SAVED_SUFFIX): path for path in sorted(folder.glob(f"*{SAVED_SUFFIX}"))}


def place_for(name: str, *, taken: object = (), overwrite: bool = False) -> Path:
    """Where to save a style of this name; the folder is made.

    Args:
        taken: a container of names that saved styles may not have: those of the built-in ones.

    Raises:
        StyleError: the name cannot be used, there is such a style and `overwrite` is off, or the folder cannot be made.
    """
    if not NAME.fullmatch(name) or name == "keep":
        raise StyleError(f"a style cannot be called {name!r}; want letters, digits, '_', '-' and '.' only, not 'keep'")
    if name in taken:  # type: ignore[operator]
        raise StyleError(f"{name!r} is a built-in style; choose another name")
    path = saved_folder() / f"{name}{SAVED_SUFFIX}"
    if path.exists() and not overwrite:
        raise StyleError(f"there is a saved style {name!r} already; choose another name, or add --overwrite")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StyleError(f"{path.parent}: cannot be made ({error.strerror}); set ADAIN_STYLES to another") from error
    return path


def remove_saved(name: str) -> Path:
    """Delete a saved style and return where it lay; raises StyleError where there is none."""
    path = saved_styles().get(name)
    if path is None:
        known = ", ".join(saved_styles())
        raise StyleError(f"no saved style {name!r}; " + (f"there are: {known}" if known else "none is saved yet"))
    path.unlink()
    return path
