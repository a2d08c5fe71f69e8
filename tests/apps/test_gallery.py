"""The styles to choose from."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from adain.apps.gallery import Gallery
from PIL import Image

from adain import Stylizer, list_styles
from adain.errors import StyleError

SOON = 10.0  # s
STYLES = Path(list_styles()["ink-wash"].path).parent


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("mosaic", "ukiyo-e"):
        shutil.copy(STYLES / f"{name}.jpg", tmp_path)
        os.utime(tmp_path / f"{name}.jpg", (1, 1))
    return tmp_path


@pytest.fixture(autouse=True)
def quick_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adain.apps.gallery.WATCH", 0.05)
    monkeypatch.setattr("adain.apps.gallery.BREATH", 0.001)


def test_neighbours_are_ready_before_they_are_chosen(fast: Stylizer):
    with Gallery(fast, ["ink-wash", "mosaic", "neon"], size=64) as gallery:
        assert gallery.current.name == "ink-wash" and gallery.current.style is not None
        wait_for(lambda: all(e.style and e.thumbnail is not None for e in gallery.entries))
        gallery.step(-1)
        assert gallery.current.name == "neon" and gallery.after().name == "ink-wash"
        gallery.step(1)
        gallery.choose(1)
        assert gallery.current.style.name == "mosaic"
        before = gallery.index
        gallery.shuffle()
        assert gallery.index != before
    assert len(Gallery(fast, []).entries) == len(list_styles())


def test_strokes_are_scaled(fast: Stylizer, photo: np.ndarray):
    with Gallery(fast, ["ink-wash"], size=64, scale=2) as gallery:
        layer = next(iter(gallery.first().levels))
        want = fast.encode_style("ink-wash", size=64, scale=2).levels[layer].mean
        assert np.allclose(gallery.first().levels[layer].mean, want, atol=1e-5)
        gallery.recolor(photo)
        wait_for(lambda: gallery.current.recolored)
        want = fast.encode_style("ink-wash", size=64, scale=2, color_of=photo).levels[layer].mean
        assert np.allclose(gallery.current.recolored.levels[layer].mean, want, atol=1e-5)


def test_picture_dropped_into_the_folder_appears_and_one_taken_away_goes(fast: Stylizer, folder: Path):
    with Gallery(fast, [], folder=folder, size=64) as gallery:
        assert [e.name for e in gallery.entries] == ["mosaic", "ukiyo-e"]
        gallery.choose(1)
        shutil.copyfile(STYLES / "neon.jpg", folder / "a-new-one.jpg")
        wait_for(lambda: len(gallery.entries) == 3 and gallery.entries[0].style)
        assert gallery.current.name == "ukiyo-e"  # the choice stays
        (folder / "ukiyo-e.jpg").unlink()
        wait_for(lambda: len(gallery.entries) == 2)
        assert gallery.current.name == "mosaic"
        for path in folder.iterdir():
            path.unlink()
        time.sleep(0.2)
        assert gallery.current.style is not None  # an emptied folder leaves what was there


def test_picture_that_is_still_being_written_waits_and_broken_ones_are_passed_over(fast: Stylizer, folder: Path):
    whole = (STYLES / "neon.jpg").read_bytes()
    with Gallery(fast, [], folder=folder, size=64) as gallery:
        end = time.monotonic() + 0.3
        while time.monotonic() < end:  # a slow copy
            (folder / "slow.jpg").write_bytes(whole[: len(whole) // 2])
            time.sleep(0.01)
            assert len(gallery.entries) == 2
        (folder / "slow.jpg").write_bytes(whole)
        wait_for(lambda: len(gallery.entries) == 3 and gallery.entries[1].style)
        (folder / "nonsense.png").write_bytes(b"no picture")
        wait_for(lambda: len(gallery.entries) == 4 and gallery.entries[1].error)
        gallery.choose(0)
        gallery.step(1)
        assert gallery.current.name == "slow"
        Image.new("RGB", (64, 64), "red").save(folder / "nonsense.png")  # mended
        wait_for(lambda: gallery.entries[1].style)


def test_style_takes_the_colours_of_a_picture(fast: Stylizer, photo: np.ndarray):
    with Gallery(fast, ["ink-wash", "neon"], size=64) as gallery:
        assert gallery.current.recolored is None
        gallery.recolor(photo)
        wait_for(lambda: gallery.current.recolored and gallery.after().recolored)
        layer = next(iter(gallery.current.style.levels))
        plain, colored = (s.levels[layer].mean for s in (gallery.current.style, gallery.current.recolored))
        assert (plain - colored).abs().max() > 0.01
        gallery.recolor(None)
        assert gallery.current.recolored is None


def test_unknown_styles_and_folders_are_told(fast: Stylizer, tmp_path: Path):
    with pytest.raises(StyleError, match="did you mean"):
        Gallery(fast, ["starry-nite"])
    with pytest.raises(StyleError, match="no such folder"):
        Gallery(fast, [], folder=tmp_path / "missing")
    with pytest.raises(StyleError, match="no picture to take a style from"):
        Gallery(fast, [], folder=tmp_path)
    (tmp_path / "bad.png").write_bytes(b"no picture")
    with pytest.raises(StyleError, match=r"bad\.png"), Gallery(fast, [], folder=tmp_path):
        pass
