"""What a smaller working size leaves out of a photo comes back, as the painting has it."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adain.convert import to_tensor
from adain.detail import detailed, detailed_tensor
from adain.errors import OptionError
from adain.frames import FrameStylizer
from adain.stability import sharpness
from adain.style import Style
from adain.stylizer import Stylizer

CPU = torch.device("cpu")


def resized(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


def enlarged(picture: np.ndarray, like: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, like.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def distance(one: np.ndarray, other: np.ndarray) -> float:
    return np.abs(one.astype(int) - other).mean()


@pytest.fixture
def seen(photo: np.ndarray) -> np.ndarray:
    return resized(photo, photo.shape[0] // 3, photo.shape[1] // 3)


@pytest.mark.parametrize("slope, level", [(1, 0), (-1, 255), (0.5, 60)])
def test_detail_comes_back_as_the_painting_has_it(photo: np.ndarray, seen: np.ndarray, slope: float, level: float):
    """Pale where it is pale, and upside down in a negative."""
    photo, seen = (cv2.cvtColor(cv2.cvtColor(x, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB) for x in (photo, seen))
    wanted, painted = (np.rint(slope * x.astype(np.float64) + level).astype(np.uint8) for x in (photo, seen))
    soft = enlarged(painted, photo)
    assert distance(detailed(soft, painted, seen, photo, 1), wanted) < 0.5 * distance(soft, wanted)


def test_strokes_stay_where_the_photo_is_flat(photo: np.ndarray):
    """A camera's noise is no detail."""
    noise = np.random.default_rng(0).normal(0, 4, photo.shape)
    wall = np.clip(np.rint(128 + noise), 0, 255).astype(np.uint8)
    seen = resized(wall, *(side // 3 for side in wall.shape[:2]))
    strokes = np.where(np.indices(seen.shape[:2]).sum(0)[..., None] // 6 % 2, 40, 200).repeat(3, 2).astype(np.uint8)
    soft = enlarged(strokes, wall)
    assert distance(detailed(soft, strokes, seen, wall, 1), soft) < 0.5


def test_of_a_plain_colour_nothing_is_made(photo: np.ndarray, seen: np.ndarray):
    painted = np.full_like(seen, 90)
    np.testing.assert_array_equal(detailed(enlarged(painted, photo), painted, seen, photo, 1), 90)


def test_a_larger_share_is_nearer_to_all_of_it(photo: np.ndarray, seen: np.ndarray):
    soft = enlarged(seen, photo)
    np.testing.assert_array_equal(detailed(soft, seen, seen, photo, 0), soft)
    whole = detailed(soft, seen, seen, photo, 1)
    distances = [distance(detailed(soft, seen, seen, photo, share), whole) for share in (0, 0.25, 0.5, 0.75, 1)]
    assert distances == sorted(distances, reverse=True) and distances[0] > 2


@pytest.mark.parametrize("rows", [1, 3, 7, 40])
def test_strips_are_invisible_and_the_painting_may_be_written_over(
    photo: np.ndarray, monkeypatch: pytest.MonkeyPatch, rows: int
):
    seen = resized(photo, 61, 97)  # no whole part of it
    painted = 255 - seen[:, ::-1].copy()
    want = detailed(enlarged(painted, photo), painted, seen, photo, 1)
    monkeypatch.setattr("adain.mapped.STRIP", rows * photo.shape[1])
    own = enlarged(painted, photo)
    assert detailed(own, painted, seen, photo, 1, out=own) is own
    assert np.abs(own.astype(int) - want).max() <= 1


@given(st.tuples(*[st.integers(1, 24)] * 2), st.tuples(*[st.integers(1, 9)] * 2), st.floats(0, 1), st.integers(0, 99))
@settings(deadline=None)
def test_tensors_get_it_likewise(full: tuple[int, int], small: tuple[int, int], share: float, seed: int):
    some = np.random.default_rng(seed)
    soft, photo = (some.integers(0, 256, (*full, 3), np.uint8) for _ in range(2))
    painted, seen = (some.integers(0, 256, (*small, 3), np.uint8) for _ in range(2))
    got = detailed_tensor(*(to_tensor(x, CPU) for x in (soft, painted, seen, photo)), share)
    want = detailed(soft, painted, seen, photo, share)
    assert np.abs(255 * got[0].permute(1, 2, 0).numpy() - want).mean() < 1.5  # the light of bytes is rounded


@pytest.mark.parametrize("kind", ["array", "tensor", "frame"])
def test_a_small_painting_of_a_larger_photo_is_crisp(photo: np.ndarray, fast: Stylizer, starry: Style, kind: str):
    def painted(detail: float, size: int = 96) -> np.ndarray:
        if kind == "frame":
            return FrameStylizer(fast, starry, size=size, detail=detail)(photo)
        if kind == "array":
            return fast.stylize(photo, starry, size=size, detail=detail)
        tensor = fast.stylize(to_tensor(photo, CPU), starry, size=size, detail=detail)
        return (255 * tensor[0].permute(1, 2, 0).numpy() + 0.5).astype(np.uint8)

    soft, crisp = painted(0), painted(1)
    assert sharpness([crisp]) > 3 * sharpness([soft])
    small = [resized(picture, 64, 96) for picture in (soft, crisp)]
    assert distance(*small) < 3  # what was painted is as it was
    np.testing.assert_array_equal(painted(0, size=240), painted(1, size=240))  # the photo's own size leaves nothing out


def test_in_videos_it_moves_with_the_content(photo: np.ndarray, fast: Stylizer, starry: Style):
    """Smoothing holds the painting, not what is laid on it."""
    frames = [np.roll(photo, 2 * step, 1)[:, 16:] for step in range(4)]
    video = FrameStylizer(fast, starry, size=96)
    for frame in frames[:-1]:
        video(frame)
    last = video(frames[-1])
    alone = FrameStylizer(fast, starry, size=96)(frames[-1])
    assert sharpness([last]) > 0.8 * sharpness([alone])


def test_a_share_there_is_not(photo: np.ndarray, fast: Stylizer, starry: Style):
    for share in (-0.1, 1.5, float("nan")):
        with pytest.raises(OptionError, match="got detail"):
            fast.stylize(photo, starry, detail=share)
        with pytest.raises(OptionError, match="got detail"):
            FrameStylizer(fast, starry, detail=share)
