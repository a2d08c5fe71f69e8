"""Fading a painting into its photo."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from adain.strength import faded, faded_tensor


@pytest.fixture
def painted(photo: np.ndarray) -> np.ndarray:
    """Other colours, another light, and strokes of a pixel."""
    strokes = np.where(np.indices(photo.shape[:2]).sum(0) % 2, 24, -24)
    return np.clip(0.6 * photo[..., ::-1] + 70 + strokes[..., None], 0, 255).astype(np.uint8)


def blurred(picture: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), 4)


def share(got: np.ndarray, whole: np.ndarray) -> float:
    return (got * whole).sum() / np.square(whole).sum()


def test_chroma_comes_first_then_light_and_strokes_last(photo: np.ndarray, painted: np.ndarray):
    change, got = (x.astype(np.float32) - photo for x in (painted, faded(painted, photo, 0.4)))
    grey, grey_got = (cv2.cvtColor(x, cv2.COLOR_RGB2GRAY) for x in (change, got))
    light, light_got = blurred(grey), blurred(grey_got)
    assert share(got - grey_got[..., None], change - grey[..., None]) == pytest.approx(0.4**0.4, abs=0.02)
    assert share(light_got, light) == pytest.approx(0.4**0.7, abs=0.02)
    assert share(grey_got - light_got, grey - light) == pytest.approx(0.4**1.5, abs=0.03)


def test_a_larger_strength_is_nearer_to_the_painting(photo: np.ndarray, painted: np.ndarray):
    np.testing.assert_array_equal(faded(painted, photo, 0), photo)
    np.testing.assert_array_equal(faded(painted, photo, 1), painted)
    outs = [faded(painted, photo, s).astype(int) for s in np.linspace(0, 1, 8)]
    distances = [np.abs(out - painted).mean() for out in outs]
    assert distances == sorted(distances, reverse=True)


def test_strips_are_invisible_and_the_painting_may_be_written_over(
    photo: np.ndarray, painted: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    want = faded(painted, photo, 0.3)
    for rows in (1, 3, 7, 40):  # fewer than the blur reaches, and more
        monkeypatch.setattr("adain.mapped.STRIP", rows * photo.shape[1])
        own = painted.copy()
        assert faded(own, photo, 0.3, out=own) is own
        np.testing.assert_array_equal(own, want)


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(6))),
    st.floats(0, 1),
)
def test_tensors_are_faded_likewise(both: np.ndarray, strength: float):
    painted, photo = np.ascontiguousarray(both[..., :3]), np.ascontiguousarray(both[..., 3:])
    tensors = [torch.from_numpy(x).permute(2, 0, 1)[None].float() / 255 for x in (painted, photo)]
    got = faded_tensor(*tensors, strength)[0].permute(1, 2, 0).numpy() * 255  # type: ignore[arg-type]
    assert np.abs(got - faded(painted, photo, strength)).max() <= 1.1
