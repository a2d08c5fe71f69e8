"""Smoothing removes flicker, and nothing else: no drift, no ghosts, no blur."""

import itertools

import cv2
import numpy as np
import pytest

from adain.cuts import CutDetector
from adain.errors import OptionError
from adain.smoother import SMOOTH_MODES, TemporalSmoother
from adain.stability import sharpness, track, warping_error


@pytest.fixture(scope="module")
def painting(photo: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(255 - photo[:, ::-1])


def noisy(picture: np.ndarray, seed: int, strength: float) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, strength, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("mode", ["light", "flow", "strong"])
def test_a_static_scene_does_not_drift(photo: np.ndarray, painting: np.ndarray, mode: str):
    photo, painting = (np.ascontiguousarray(p[40:88, 60:132]) for p in (photo, painting))
    smoother = TemporalSmoother(mode)
    for number in range(1000):
        shown = smoother.smooth(noisy(photo, number % 7, 1), noisy(painting, number % 5, 6))
    assert np.abs(shown.astype(float) - painting).mean() < 5.3  # any one painting: 4.8; what grows would be far beyond
    assert abs(shown.mean() - painting.mean()) < 0.5


@pytest.mark.parametrize("mode", ["light", "flow"])
def test_a_static_scene_does_not_swim(photo: np.ndarray, painting: np.ndarray, mode: str):
    """Noise looks like motion where there is nothing else to see, and paintings have strokes there."""
    smoother = TemporalSmoother(mode)
    shown = [smoother.smooth(noisy(photo, i % 7, 2), noisy(painting, i % 5, 6)).astype(float) for i in range(30)]
    change = np.mean([np.abs(later - earlier).mean() for earlier, later in itertools.pairwise(shown[10:])])
    assert change < 1.5  # of the noise: 6.7; were the flow followed wherever it leads: 2.8


@pytest.mark.parametrize("mode", SMOOTH_MODES)
def test_what_stands_still_stays_as_it_is(photo: np.ndarray, painting: np.ndarray, mode: str):
    smoother = TemporalSmoother(mode)
    for _ in range(30):
        shown = smoother.smooth(photo, painting)
    assert np.abs(shown.astype(int) - painting).max() <= 1


@pytest.mark.parametrize("mode", ["flow", "strong"])
def test_flicker_on_a_pan_is_halved_and_sharpness_kept(photo: np.ndarray, painting: np.ndarray, mode: str):
    contents = [photo[:, 2 * i : 2 * i + 180] for i in range(15)]
    plain = [noisy(painting[:, 2 * i : 2 * i + 180], i, 8) for i in range(15)]
    clean = [painting[:, 2 * i : 2 * i + 180] for i in range(15)]
    smoother = TemporalSmoother(mode)
    shown = [smoother.smooth(np.ascontiguousarray(c), p) for c, p in zip(contents, plain)]
    tracks = track([np.ascontiguousarray(c) for c in contents], 1)
    assert warping_error(shown, tracks) < 0.6 * warping_error(plain, tracks)
    assert sharpness(shown[5:]) > 0.9 * sharpness([np.ascontiguousarray(c) for c in clean[5:]])


def test_detail_does_not_build_up_into_specks(photo: np.ndarray):
    """A slow walk around the same place: what makes up for interpolation is added many times over."""
    picture = cv2.resize(photo, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA)
    height, width = picture.shape[:2]
    contents, plain = [], []
    for number in range(160):
        shift = np.float32([[1, 0, 6 * np.sin(number / 9)], [0, 1, 6 * np.cos(number / 7)]])
        content = cv2.warpAffine(picture, shift, (width, height), borderMode=cv2.BORDER_REFLECT)
        contents.append(content)
        plain.append(noisy(255 - content, number, 25))
    smoother = TemporalSmoother("flow")
    shown = [smoother.smooth(content, painted) for content, painted in zip(contents, plain)]
    assert 0.7 < sharpness(shown[-20:]) / sharpness(plain[-20:]) < 1.05  # 0.77; nothing is dulled more than white noise


def test_no_ghost_of_what_moved_on(photo: np.ndarray):
    """A white square jumps over a dark ground, faster than any flow follows."""
    smoother = TemporalSmoother("strong")
    for number in range(6):
        frame = noisy(photo // 4, 0, 0)
        frame[40:80, 30 * number : 30 * number + 40] = 255
        shown = smoother.smooth(frame, frame)
    assert np.abs(shown.astype(int) - frame).mean() < 1
    assert np.percentile(np.abs(shown.astype(int) - frame), 99.5) < 20


def test_strokes_are_not_pulled_long(photo: np.ndarray):
    """The scene widens by a twentieth a frame; strokes that only followed would lie nearly flat."""
    height, width = photo.shape[:2]
    strokes = np.indices((height, width)).sum(0) // 4 % 2 * 60 + 90  # lines, 8 px from one to the next
    painted = np.repeat(strokes[..., None], 3, 2).astype(np.uint8)
    smoother = TemporalSmoother("flow")
    for number in range(36):
        wider = cv2.resize(photo, (round(width * 1.05**number), height), interpolation=cv2.INTER_AREA)
        left = (wider.shape[1] - width) // 2
        shown = smoother.smooth(np.ascontiguousarray(wider[:, left : left + width]), painted)
    assert sharpness([shown]) > 0.7 * sharpness([painted])
    inside = shown[20:-20, 40:-40, 0].astype(float)
    slope = np.abs(np.diff(inside, axis=1)).mean() / np.abs(np.diff(inside, axis=0)).mean()  # as painted: 1
    assert slope > 0.33  # 0.25 if nobody looked at their shape


def test_cuts(photo: np.ndarray):
    other = np.ascontiguousarray(np.rot90(photo, 2)[:, ::-1] // 2 + 90)
    pan = [np.ascontiguousarray(photo[:, 4 * i : 4 * i + 180]) for i in range(10)]
    frames = [*pan, *(np.ascontiguousarray(other[:, 4 * i : 4 * i + 180]) for i in range(5))]
    detector = CutDetector()
    assert [i for i, frame in enumerate(frames) if detector.is_cut(frame)] == [0, 10]


def test_unknown_mode():
    with pytest.raises(OptionError, match="want one of"):
        TemporalSmoother("much")
