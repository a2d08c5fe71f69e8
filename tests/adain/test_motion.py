import cv2
import numpy as np
import pytest

from adain.motion import doubled, grid, warp


def test_doubling_keeps_the_pixels_and_finds_what_lies_between(photo: np.ndarray):
    """Taken from a larger picture, in which the truth between the pixels is known."""
    large = cv2.GaussianBlur(photo, (0, 0), 2)
    small = np.ascontiguousarray(large[::2, ::2])
    fine = doubled(small)
    assert fine.shape == (2 * small.shape[0], 2 * small.shape[1], 3)
    assert (fine[::2, ::2] == small).all()
    inner = slice(16, -16)  # beyond the border nothing is known
    miss = np.abs(fine[inner, inner].astype(int) - large[: fine.shape[0], : fine.shape[1]][inner, inner])
    assert miss.mean() < 0.5  # 0.35, the sharpening included
    assert miss.max() < 10


@pytest.mark.parametrize("shift", [0.25, 0.5, 1.4])
def test_a_doubled_picture_is_looked_up_with_less_loss(photo: np.ndarray, shift: float):
    """There and back again: what is left of the finest detail."""
    shape = photo.shape[:2]

    def moved(picture: np.ndarray, by: float) -> np.ndarray:
        return warp(doubled(picture), np.add(grid(*shape, 2), np.float32(2 * by)))

    def moved_linearly(picture: np.ndarray, by: float) -> np.ndarray:
        return warp(picture, np.add(grid(*shape), np.float32(by)))

    def loss(picture: np.ndarray) -> float:
        return float(np.abs(picture.astype(int) - photo)[8:-8, 8:-8].mean())

    ours, theirs = loss(moved(moved(photo, shift), -shift)), loss(moved_linearly(moved_linearly(photo, shift), -shift))
    assert ours < 0.8 * theirs
