"""Finding the files in folders."""

from pathlib import Path

import pytest

from adain.folders import files_below, files_in, names_folder


def test_any_depth_and_behind_links_but_nothing_hidden(tmp_path: Path):
    pictures, disk = tmp_path / "pictures", tmp_path / "disk"
    (pictures / "a" / "b").mkdir(parents=True)
    (pictures / ".thumbnails").mkdir()
    disk.mkdir()
    names = ["z.jpg", "a/one.JPG", "a/b/two.png", "a/b/notes.txt", "a/._one.jpg", ".thumbnails/one.jpg"]
    for path in [*(pictures / name for name in names), disk / "three.png"]:
        path.touch()
    (pictures / "linked").symlink_to(disk)
    found = [str(path.relative_to(pictures)) for path in files_below(pictures, {".jpg", ".png"})]
    assert [path.name for path in files_in(pictures / "a", {".jpg", ".png"})] == ["one.JPG"]
    assert found == ["a/b/two.png", "a/one.JPG", "linked/three.png", "z.jpg"]


def test_links_in_a_circle_end(tmp_path: Path):
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, other in ((one, two), (two, one)):
        folder.mkdir()
        (folder / f"{folder.name}.png").touch()
        (folder / "other").symlink_to(other)
        (folder / "own").symlink_to(folder)
    assert [path.name for path in files_below(one, {".png"})] == ["one.png", "two.png"]
    assert len(files_below(tmp_path, {".png"})) == 2


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path):
    assert files_in(tmp_path / "gone", {".png"}) == files_below(tmp_path / "gone", {".png"}) == []


def test_what_names_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert names_folder(f"{tmp_path}") and names_folder("gone/")
    assert not names_folder("gone") and not names_folder("gone\\")
    monkeypatch.setattr("os.sep", "\\")  # as on Windows
    assert names_folder("gone\\") and names_folder("gone/")
