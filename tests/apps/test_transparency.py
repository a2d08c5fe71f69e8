"""Transparent animations: what could be seen through before can be seen through after."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

WIDTH, HEIGHT, COUNT = 96, 64, 6
STEP, RADIUS = 10, 20  # px that the disc moves on from frame to frame, and its size


def shapes() -> list[np.ndarray]:
    """Where the disc is: (H, W) bool for each frame."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return [np.hypot(y - HEIGHT / 2, x - 22 - STEP * number) < RADIUS for number in range(COUNT)]


@pytest.fixture(params=["gif", "apng", "webp", "pictures"])
def animation(request: pytest.FixtureRequest, tmp_path: Path, photo: np.ndarray) -> Path:
    """A disc cut out of a photo, moving; nothing around it."""
    scene = photo[:HEIGHT, :WIDTH]
    frames = [Image.fromarray(np.dstack([scene, np.uint8(255 * shape)])) for shape in shapes()]
    if request.param == "pictures":
        (tmp_path / "animation").mkdir()
        for number, frame in enumerate(frames):
            frame.save(tmp_path / "animation" / f"{number:02d}.png")
        return tmp_path / "animation"
    path = tmp_path / f"animation.{request.param}"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100, disposal=2)
    return path


def test_transparency_is_kept(animation: Path, tmp_path: Path, adain_here):
    for output in ("out.gif", "out.webp", "out.apng", "painted/"):
        code, said = adain_here("video", animation, "--style", "mosaic", "-o", output)
        assert code == 0, said
    results = [[np.array(Image.open(path)) for path in sorted((tmp_path / "painted").iterdir())]]
    for name in ("out.gif", "out.webp", "out.apng"):
        with Image.open(tmp_path / name) as image:
            results.append([np.array(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)])
            assert image.info["loop"] == 0  # for ever
    for frames in results:
        for frame, shape in zip(frames, shapes(), strict=True):
            assert ((frame[..., 3] > 127) == shape).all()
            assert frame[..., :3][shape].std() > 20  # painted, not blank


def test_what_holds_none_shows_it_on_white(animation: Path, tmp_path: Path, adain_here):
    code, said = adain_here("video", animation, "--style", "mosaic", "--fps", "20", "-o", "out.mp4")
    assert code == 0, said
    with av.open(str(tmp_path / "out.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) >= COUNT
    assert frames[0][:, -8:].min() > 245 and frames[-1][:, :8].min() > 245
    assert frames[0][HEIGHT // 2, 22].min() < 230
