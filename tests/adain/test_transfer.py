"""Pictures go to the device and come back whole, also when several are on their way at once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from adain import Style, Stylizer
from adain.frames import FrameStylizer
from adain.transfer import Transfer

CUDA = pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here"))
both_devices = pytest.mark.parametrize("device", ["cpu", CUDA])


@pytest.fixture
def frames(photo: np.ndarray) -> list[np.ndarray]:
    return [np.ascontiguousarray(np.roll(photo, 9 * i, 1)[:75, :101]) for i in range(6)]


@both_devices
def test_there_and_back(device: str, frames: list[np.ndarray]):
    transfer = Transfer(torch.device(device))
    there = [transfer.upload(pair) for pair in zip(frames, frames[::-1])]
    assert all(pair.device.type == device and pair.shape == (2, 75, 101, 3) for pair in there)
    on_the_way = [transfer.download(255 - pair) for pair in there]
    with ThreadPoolExecutor(2) as pool:  # as the thread that finishes frames waits for the one that paints them
        back = list(pool.map(lambda arriving: arriving.wait(), on_the_way))
    for (one, other), a, b in zip(back, frames, frames[::-1], strict=True):
        np.testing.assert_array_equal(one, 255 - a)
        np.testing.assert_array_equal(other, 255 - b)
    np.testing.assert_array_equal(on_the_way[0].wait(), back[0])


@both_devices
def test_frames_begun_before_the_last_are_back(device: str, frames: list[np.ndarray], starry: Style):
    """Each is the picture that it is alone, in its order, with statistics that follow the frames before."""
    stylizer = Stylizer("fast", device=device, dtype="float32")
    together, one_by_one = FrameStylizer(stylizer, starry, smooth="light"), FrameStylizer(stylizer, starry)
    begun = [frame for i in (0, 2, 4) for frame in together.paint(frames[i : i + 2])]
    for painted, frame in zip(begun, frames, strict=True):
        (alone,) = one_by_one.paint([frame])
        assert np.abs(painted.picture.astype(int) - alone.picture).mean() < 0.05
        assert painted.picture is painted.picture  # fetched once


def test_what_was_painted_small_comes_back_at_the_size_of_the_frame(fast: Stylizer, starry: Style, photo: np.ndarray):
    (painted,) = FrameStylizer(fast, starry, size=96).paint([photo])
    assert painted.picture.shape == photo.shape
