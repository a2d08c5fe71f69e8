"""Calm strokes: what they are to do, and where they cannot be had."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from adain.apps.options import PaintOptions
from adain.apps.painter import Painter
from adain.apps.recipe import parse_styles
from hypothesis import given, settings
from hypothesis import strategies as st

from adain import Regions, Style, Stylizer
from adain.calm import Calmer, calm_path, flattened, load_calmer, unflattened
from adain.errors import OptionError, WeightsError
from adain.layers import Statistics, StyleLevels
from adain.models import fingerprint, weights_path

STYLES = ("starry-night", "mosaic", "ukiyo-e")


def some_levels(seed: int, count: int = 2) -> StyleLevels:
    draw = torch.Generator().manual_seed(seed)
    return {
        layer: Statistics(
            torch.randn(count, width, 1, 1, generator=draw), torch.rand(count, width, 1, 1, generator=draw) + 0.1
        )
        for layer, width in {"bottleneck": 5, "refine": 3}.items()
    }


def some_calmer(seed: int, count: int = 16, hidden: int = 4) -> Calmer:
    draw = torch.Generator().manual_seed(seed)
    shapes = (hidden, count), (hidden,), (count, hidden), (count,)
    return Calmer(*(0.1 * torch.randn(shape, generator=draw) for shape in shapes))


@given(st.integers(0, 1000))
def test_what_is_flattened_comes_back(seed: int):
    levels = some_levels(seed)
    back = unflattened(flattened(levels), levels)
    assert list(back) == list(levels)
    assert all(torch.allclose(a, b, 1e-5, 1e-6) for n in levels for a, b in zip(levels[n], back[n], strict=True))


@settings(deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1))
def test_calm_is_a_share_of_the_way_and_each_style_goes_its_own(seed: int, share: float):
    levels, calmer = some_levels(seed), some_calmer(seed + 1)
    start, end = flattened(levels), flattened(calmer.calmed(levels))
    assert torch.allclose(flattened(calmer.calmed(levels, share)), torch.lerp(start, end, share), atol=1e-4)
    assert all((level.std > 0).all() for level in calmer.calmed(levels).values())
    alone = calmer.calmed({layer: level.pick(1) for layer, level in levels.items()})
    assert torch.allclose(flattened(alone), end[1:], atol=1e-5)


@pytest.mark.parametrize("name", STYLES)
def test_calm_paintings_flicker_less_and_leave_flats_alone(fast: Stylizer, photo: np.ndarray, name: str):
    lively = fast.encode_style(name, size=256)
    calm = fast.calmed(lively, 1.0)
    noise = np.random.default_rng(0).normal(0, 2, (2, *photo.shape))
    copies = [np.clip(np.rint(photo + n), 0, 255).astype(np.uint8) for n in noise]
    sky = photo.copy()
    sky[:96] = (120, 150, 190)

    def flicker(style: Style) -> float:
        a, b = (fast.stylize(copy, style).astype(float) for copy in copies)
        return float(np.sqrt(np.square(a - b).mean()))

    assert flicker(calm) < 0.7 * flicker(lively)
    assert flicker(calm) < flicker(fast.calmed(lively, 0.5)) < flicker(lively)
    strokes = [fast.stylize(sky, style)[16:80, 16:-16].std(axis=(0, 1)).mean() for style in (lively, calm)]
    assert strokes[1] < 0.8 * strokes[0]


def test_stacks_blends_and_regions_are_calmed_alike(fast: Stylizer, photo: np.ndarray):
    a, b = (fast.encode_style(name, size=128) for name in STYLES[:2])
    want = [fast.calmed(style, 0.6) for style in (a, b)]
    stack = fast.calmed(Style.stack([a, b]), 0.6)
    for i, style in enumerate(want):
        assert torch.allclose(flattened(stack.pick(i).levels), flattened(style.levels), atol=1e-5)
    half = np.zeros(photo.shape[:2], np.uint8)
    half[:, :120] = 255
    regions = Regions.compose({"left": a, "right": b}, {"left": half, "right": 255 - half})
    calmed = fast.calmed(regions, 0.6)
    assert isinstance(calmed, Regions) and np.array_equal(calmed.masks, regions.masks)
    assert torch.allclose(flattened(calmed.style.levels), flattened(stack.levels), atol=1e-5)
    assert fast.calmed(a, 0) is a and fast.calmed(regions, 0) is regions
    assert fast.calmed(a, 0.6).palette is a.palette and fast.calmed(a, 0.6).name == a.name


def test_calm_that_cannot_be_had_is_told(fast: Stylizer, starry: Style):
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(OptionError, match=r"want 0\.\.1"):
            fast.calmed(starry, wrong)
    vgg = Stylizer("vgg", device="cpu")
    wave = vgg.encode_style("ukiyo-e", size=64)
    assert vgg.moving_calm == 0 and vgg.calmed(wave, 0) is wave
    with pytest.raises(OptionError, match="has not learned it"):
        vgg.calmed(wave, 0.5)


def test_it_is_kept_for_the_weights_that_it_was_learned_for(tmp_path: Path, starry: Style):
    weights = tmp_path / "mine.safetensors"
    shutil.copy(weights_path("fast"), weights)
    assert load_calmer(weights) is None
    plain = Stylizer(weights, device="cpu", dtype="float32")
    assert plain.moving_calm == 0
    calmer = some_calmer(1, flattened(starry.levels).shape[1])
    calmer.save(calm_path(weights), fingerprint(weights))
    read = load_calmer(weights)
    assert read is not None and all(torch.allclose(a, b, 1e-2, 1e-3) for a, b in zip(read, calmer, strict=True))
    assert Stylizer(weights, device="cpu", dtype="float32").moving_calm > 0
    calmer.save(calm_path(weights), "of others")
    assert load_calmer(weights) is None
    calm_path(weights).write_bytes(b"cut short")
    with pytest.raises(WeightsError, match="damaged"):
        load_calmer(weights)


def test_the_painter_is_calm_where_it_is_asked_or_things_move(fast: Stylizer):
    (recipe,) = parse_styles(["starry-night"], None)

    def levels(calm: float | None, *, moving: bool, model: str = "fast") -> torch.Tensor:
        painter = Painter(PaintOptions(calm=calm, style_size=128, model=model, device="cpu"))
        return flattened(painter.style_for(recipe, None, moving=moving).levels)  # type: ignore[union-attr]

    picture, video = levels(None, moving=False), levels(None, moving=True)
    assert torch.equal(picture, levels(0, moving=False)) and torch.equal(picture, levels(0, moving=True))
    assert torch.equal(video, levels(fast.moving_calm, moving=True)) and not torch.allclose(video, picture, atol=1e-3)
    assert torch.equal(levels(1, moving=False), levels(1, moving=True))
    assert torch.isfinite(levels(None, moving=True, model="vgg")).all()
    with pytest.raises(OptionError, match="has not learned it"):
        levels(0.5, moving=False, model="vgg")
