"""Finding the files in folders."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path


def names_folder(name: str) -> bool:
    """Whether a path stands for a folder, there already or not: one ends with a slash, on Windows either kind."""
    return name.endswith(("/", os.sep)) or os.path.isdir(name)


def files_in(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """The files in `folder` that end in one of `suffixes` (lower case), sorted; none where there is no such folder.

    What is hidden is left out: a Mac writes "._photo.jpg" beside each photo on a memory card, which is none.
    """
    _, _, names = next(os.walk(folder), ("", [], []))
    return sorted(_wanted(folder, names, suffixes))


def files_below(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """The same, in all folders below as well, those behind symbolic links included.

    Each is entered once, so that links in a circle end.
    """
    found: list[Path] = []
    entered: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in entered:
            folders.clear()
            continue
        entered.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))  # so that the same link is first
        found += _wanted(Path(place), names, suffixes)
    return sorted(found)


def _wanted(folder: Path, names: list[str], suffixes: Collection[str]) -> Iterator[Path]:
    paths = (folder / name for name in names if not name.startswith("."))
    return (path for path in paths if path.suffix.lower() in suffixes)
