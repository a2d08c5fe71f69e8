"""Regions in the webcam: one takes the styles that are chosen, the others keep what they have."""

import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from adain.apps.camera import Frame
from adain.apps.live import LivePainter, Look, Painting
from adain.apps.mailbox import Mailbox
from adain.apps.place import Place, parse_regions
from PIL import Image

from adain import Style, Stylizer
from adain.errors import OptionError
from adain.frames import FrameStylizer
from adain.regions import Regions

SOON = 5.0  # s


@pytest.fixture
def clip(tmp_path: Path, photo: np.ndarray) -> Path:
    """A still photo, 240x160, as a film of 20 frames."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (240, 160))
    for _ in range(20):
        writer.write(np.ascontiguousarray(photo[..., ::-1]))
    writer.release()
    return path


@pytest.fixture
def left(tmp_path: Path) -> Path:
    mask = np.zeros((20, 30), np.uint8)
    mask[:, :15] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    return tmp_path / "mask.png"


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


@pytest.mark.parametrize("mirror", ["--no-mirror", "--mirror"])
def test_half_of_the_picture_stays_the_cameras(adain, tmp_path: Path, clip: Path, left: Path, mirror: str):
    arguments = ("-c", clip, "--mask", left, "-s", "left=mosaic", "-s", "rest=keep", "--headless", "--size", 128)
    more = ("--loop", "--max-frames", 8, "--record", "out.mp4", "--stats", "stats.csv")
    result = adain("webcam", *arguments, mirror, *more)
    assert result.returncode == 0, result.stderr
    assert ",mosaic," in (tmp_path / "stats.csv").read_text()
    source = cv2.VideoCapture(str(clip)).read()[1]
    capture = cv2.VideoCapture(str(tmp_path / "out.mp4"))
    last = [frame for ok, frame in iter(capture.read, (False, None)) if ok][-1]
    if mirror == "--mirror":  # the mask belongs to the scene, and is mirrored with it
        last = last[:, ::-1]
    assert difference(last[:, 130:], source[:, 130:]) < 6  # of compression
    assert difference(last[:, :110], source[:, :110]) > 15


def test_a_new_style_goes_to_its_region_only(fast: Stylizer, starry: Style, photo: np.ndarray):
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[:, :120] = 255
    ink = fast.encode_style("ink-wash", size=256)
    regions = Regions.compose({"l": starry, "r": starry}, {"l": mask, "r": 255 - mask})
    frames: Mailbox[Frame] = Mailbox()
    stylizer = FrameStylizer(fast, regions, size=128, smooth="off")
    with LivePainter(stylizer, frames, Look(starry, smooth="off"), place=Place(regions)) as painter:

        def paint(number: int) -> Painting:
            frames.put(Frame(photo, number, 1, time.monotonic()))
            painting = painter.paintings.take(SOON)
            assert painting is not None, painter.error
            return painting

        before = paint(1).painted
        painter.look = replace(painter.look, style=ink)
        paint(2)
        time.sleep(0.6)  # the styles turn into one another
        after = paint(3).painted
        painter.look = replace(painter.look, mirror=True)
        mirrored = paint(4).painted[:, ::-1]
    assert difference(after[:, :100], before[:, :100]) > 4 * difference(after[:, 140:], before[:, 140:])
    assert difference(mirrored[:, :100], after[:, :100]) < difference(mirrored[:, :100], before[:, :100])


@pytest.mark.parametrize(
    ("styles", "words"),
    [
        (["mosaic"], "want LABEL=PICTURE"),
        (["left=mosaic"], "has no style"),
        (["left=keep", "rest=keep"], "every region is kept"),
        (["left=mosaic:0.5", "left=neon:0.5", "rest=keep"], "adain styles save"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(adain_here, clip: Path, left: Path, styles: list[str], words: str):
    options = [part for style in styles for part in ("-s", style)]
    code, err = adain_here("webcam", "-c", clip, "--headless", "--mask", left, *options)
    assert code == 2 and words in err


def test_the_first_painted_region_is_the_one_that_changes():
    recipe, first = parse_regions(["rest=keep", "sky=neon", "sea=mosaic:1", "sea=ink-wash:1"], ["m.png"])
    assert first == "neon" and [label for label, _ in recipe.regions] == ["rest", "sky", "sea"]
    with pytest.raises(OptionError, match="no style"):
        parse_regions([], ["m.png"])
