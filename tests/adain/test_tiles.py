"""Tiles of one picture show the same as the whole, without seams and without its memory."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adain import Style, Stylizer
from adain.errors import DeviceError, OptionError
from adain.layers import MULTIPLE
from adain.regions import Regions
from adain.tiles import MARGIN, SMALLEST_TILE, boxes, is_out_of_memory


@pytest.fixture(scope="module")
def large(photo: np.ndarray) -> np.ndarray:
    """A photo of six tiles, one side no multiple of 16: (208, 340, 3)."""
    return np.ascontiguousarray(np.hstack([np.vstack([photo, photo[::-1]])] * 2)[:208, :340])


def mean_difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


@pytest.mark.parametrize("strength", [1.0, 0.6])
def test_tiles_show_what_the_whole_shows(stylizer: Stylizer, large: np.ndarray, strength: float):
    large = large if stylizer.model == "fast" else large[100:148]  # `vgg` takes its time
    style = stylizer.encode_style("starry-night", size=256)
    whole = stylizer.stylize(large, style, strength=strength, tile=None)
    tiled = stylizer.stylize(large, style, strength=strength, tile=128)
    assert mean_difference(whole, tiled) < 0.1  # of 255; the wanted bar is 1
    assert np.abs(whole.astype(int) - tiled).max() <= 4


def test_tiles_each_with_its_own_statistics_would_not_pass(fast: Stylizer, starry: Style, large: np.ndarray):
    """The bar above means something: painted each by itself, tiles miss it by far."""
    whole = fast.stylize(large, starry, tile=None)
    alone = np.hstack([fast.stylize(np.ascontiguousarray(half), starry) for half in (large[:, :176], large[:, 176:])])
    assert mean_difference(whole, alone) > 2


def test_no_seam(fast: Stylizer, starry: Style, large: np.ndarray):
    """Across the borders of tiles neighbours differ no more than they do elsewhere."""
    tiled = fast.stylize(large, starry, tile=128).astype(float)
    for axis in (0, 1):
        steps = np.abs(np.diff(tiled, axis=axis)).mean(axis=(1 - axis, 2))
        borders = [box.stop - 1 for box in boxes(large.shape[axis], 128)[:-1]]
        inside = np.delete(steps, borders)
        assert borders
        assert steps[borders].mean() < inside.mean() + 2 * inside.std() / len(borders) ** 0.5


def test_regions_in_tiles(fast: Stylizer, starry: Style, large: np.ndarray):
    other = fast.encode_style("ink-wash", size=256)
    mask = np.zeros((90, 130), np.uint8)
    mask[20:70, 30:100] = 255
    regions = Regions.compose({"a": starry, "b": other}, {"a": mask, "b": 255 - mask})
    assert mean_difference(fast.stylize(large, regions, tile=None), fast.stylize(large, regions, tile=128)) < 0.1


@given(length=st.integers(1, 20_000), side=st.integers(SMALLEST_TILE, 2048))
def test_cores_cover_a_side_once_on_the_networks_grid(length: int, side: int):
    cut = boxes(length, side)
    assert [box.start for box in cut] == [0, *(box.stop for box in cut[:-1])] and cut[-1].stop == length
    for box in cut:
        assert box.start % MULTIPLE == 0 and box.low % MULTIPLE == 0
        assert 0 < box.stop - box.start <= side + MULTIPLE
        assert box.low == max(0, box.start - MARGIN) and min(length, box.stop + MARGIN) <= box.high <= length


def test_the_network_never_sees_more_than_a_tile(
    fast: Stylizer, starry: Style, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    """What memory it takes does not depend on the picture."""
    seen = []
    real = fast.stylize_tensor
    monkeypatch.setattr(fast, "stylize_tensor", lambda x, *a, **k: seen.append(x.shape[2:].numel()) or real(x, *a, **k))
    steps: list[tuple[int, int]] = []
    for count in (2, 4):
        fast.stylize(np.tile(photo, (1, count, 1)), starry, tile=128, progress=lambda *step: steps.append(step))
    assert max(seen) <= (128 + 2 * MARGIN) ** 2
    assert steps[-1][0] == steps[-1][1]


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA"), RuntimeError("[enforce fail] can't allocate memory"), MemoryError()]
)
def test_out_of_memory_is_redone_in_smaller_tiles(
    fast: Stylizer, starry: Style, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch, error: Exception
):
    large = np.tile(photo, (1, 3, 1))
    want = fast.stylize(large, starry)
    real = fast.stylize_tensor
    limit = 64_000  # px: too few for the whole and for tiles of 256, enough for 128

    def short_of_memory(content: torch.Tensor, *arguments, **options) -> torch.Tensor:
        if content.shape[2:].numel() > limit:
            raise error
        return real(content, *arguments, **options)

    monkeypatch.setattr("adain.tiles.TILE", 256)
    monkeypatch.setattr(fast, "stylize_tensor", short_of_memory)
    lines: list[str] = []
    assert mean_difference(fast.stylize(large, starry, notify=lines.append), want) < 0.1
    assert "whole picture" in lines[0] and "tiles of 128 px" in lines[-1] and len(lines) == 2
    limit = 0
    with pytest.raises(DeviceError, match=r"out of memory .* even in tiles of 128 px"):
        fast.stylize(large, starry)


def test_other_failures_are_not_taken_for_want_of_memory(
    fast: Stylizer, starry: Style, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    def broken(*arguments, **options):
        raise RuntimeError("expected scalar type Float")

    monkeypatch.setattr(fast, "stylize_tensor", broken)
    with pytest.raises(RuntimeError, match="scalar type"):
        fast.stylize(photo, starry)
    assert not is_out_of_memory(ValueError("memory"))


def test_auto_paints_whole_what_fits(fast: Stylizer, starry: Style, large: np.ndarray, monkeypatch: pytest.MonkeyPatch):
    calls: list[tuple[int, int]] = []
    fast.stylize(large, starry, progress=lambda *step: calls.append(step))
    assert not calls
    monkeypatch.setattr("adain.tiles.WHOLE_BUDGET", 1000)
    monkeypatch.setattr("adain.tiles.TILE", 256)
    fast.stylize(large, starry, progress=lambda *step: calls.append(step))
    passes = len(fast.network.widths) + 1  # up to each layer, and the painting
    assert calls[-1] == (2 * passes, 2 * passes)  # two tiles


@pytest.mark.parametrize("tile", [0, 64, -5, "large", 1.5, True])
def test_unusable_tiles_are_refused(fast: Stylizer, starry: Style, photo: np.ndarray, tile: object):
    with pytest.raises(OptionError, match="128"):
        fast.stylize(photo, starry, tile=tile)
