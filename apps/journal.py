"""What --resume needs beside the unfinished file: the memory of the smoothing at the last places to go on from."""

import contextlib
import zipfile
from pathlib import Path

import numpy as np

KEPT = 2  # the file may lag behind the newest by what the system had not written yet


class Journal:
    """Two small files beside a part, written in turn.

    Args:
        part: the unfinished result.
        fingerprint: of everything that shapes the result; entries of another run are not taken.
    """

    def __init__(self, part: Path, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self.paths = [part.with_name(f"{part.name}.{i}.npz") for i in range(KEPT)]
        self.turn = 0

    def save(self, frames: int, state: dict[str, np.ndarray]) -> None:
        """Remember the state after `frames` frames."""
        path = self.paths[self.turn % KEPT]
        self.turn += 1
        spare = path.with_suffix(".tmp")
        with spare.open("wb") as stream:
            np.savez(
                stream, allow_pickle=False, frames=np.array(frames), fingerprint=np.array(self.fingerprint), **state
            )  # type: ignore[arg-type]
        spare.replace(path)

    def entries(self) -> list[tuple[int, dict[str, np.ndarray]]]:
        """Frames and state of all entries of this very run, newest first; torn ones are skipped."""
        found = []
        for path in self.paths:
            with contextlib.suppress(OSError, ValueError, KeyError, zipfile.BadZipFile), np.load(path) as file:
                if str(file["fingerprint"]) == self.fingerprint:
                    state = {name: file[name] for name in file.files if name not in ("frames", "fingerprint")}
                    found.append((int(file["frames"]), state))
        return sorted(found, key=lambda entry: -entry[0])

    def foreign(self) -> bool:
        """Whether there are entries, but of a run with other options."""
        return any(path.exists() for path in self.paths) and not self.entries()

    def clear(self) -> None:
        for path in self.paths:
            path.unlink(missing_ok=True)
