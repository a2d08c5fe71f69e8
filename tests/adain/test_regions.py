"""Regions: each in its own style, with soft seams, and some kept as they are."""

import numpy as np
import pytest
import torch
from PIL import Image

from adain import Style, Stylizer
from adain.errors import OptionError, StyleError
from adain.frames import FrameStylizer
from adain.layers import Statistics, statistics
from adain.regions import Regions, moments, steady
from adain.shots import ShotStatistics


@pytest.fixture(scope="module")
def ink(fast: Stylizer) -> Style:
    return fast.encode_style("ink-wash", size=256)


@pytest.fixture(scope="module")
def left() -> np.ndarray:
    """The left half, at another size than the photo's: (40, 60) uint8."""
    mask = np.zeros((40, 60), np.uint8)
    mask[:, :30] = 255
    return mask


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


def test_each_region_is_painted_in_its_style(
    fast: Stylizer, starry: Style, ink: Style, photo: np.ndarray, left: np.ndarray
):
    out = fast.stylize(photo, Regions.compose({"l": starry, "r": ink}, {"l": left, "r": 255 - left}))
    both = {name: fast.stylize(photo, style) for name, style in (("starry", starry), ("ink", ink))}
    for name, other, part in (("starry", "ink", np.s_[:, :100]), ("ink", "starry", np.s_[:, 140:])):
        assert difference(out[part], both[name][part]) < 0.7 * difference(out[part], both[other][part])


def test_statistics_are_those_of_the_region(fast: Stylizer, starry: Style, ink: Style, photo: np.ndarray):
    """What shows far on the right is little to the left part, unlike in the picture painted as a whole."""
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[:, :96] = 255
    changed = photo.copy()
    changed[:, 200:] = 255 - changed[:, 200:] // 3
    regions = Regions.compose({"l": starry, "r": ink}, {"l": mask, "r": 255 - mask}, feather=0)
    far = np.s_[:, :40]
    by_region = difference(fast.stylize(photo, regions)[far], fast.stylize(changed, regions)[far])
    as_whole = difference(fast.stylize(photo, starry)[far], fast.stylize(changed, starry)[far])
    assert by_region < 0.5 * as_whole


def test_one_style_everywhere_is_nearly_that_style(
    fast: Stylizer, starry: Style, ink: Style, photo: np.ndarray, left: np.ndarray
):
    nothing = np.zeros_like(left)
    out = fast.stylize(photo, Regions.compose({"l": starry, "r": ink}, {"l": nothing + 255, "r": nothing}))
    assert difference(out, fast.stylize(photo, starry)) < 2


def test_seams_are_feathered(fast: Stylizer, starry: Style, ink: Style, photo: np.ndarray, left: np.ndarray):
    def step(feather: float) -> float:
        regions = Regions.compose({"l": starry, "r": ink}, {"l": left, "r": 255 - left}, feather=feather)
        weights = regions.weights(240, 160).astype(int)
        assert np.abs(weights.sum(0) - 255).max() <= 2
        return float(np.abs(np.diff(weights[0], axis=1)).max())

    assert step(0.2) < step(0.05) < step(0.01) <= step(0.0)


def test_kept_region_stays_the_photo(fast: Stylizer, starry: Style, photo: np.ndarray, left: np.ndarray):
    regions = Regions.compose({"l": starry, "r": None}, {"l": left, "r": 255 - left})
    for color in ("style", "lab"):
        out = fast.stylize(photo, regions, color=color)
        np.testing.assert_array_equal(out[:, 126:], photo[:, 126:])
        assert difference(out[:, :110], photo[:, :110]) > 8


def test_every_kind_of_content_and_strength(
    fast: Stylizer, starry: Style, ink: Style, photo: np.ndarray, left: np.ndarray
):
    regions = Regions.compose({"l": starry, "r": ink}, {"l": left, "r": 255 - left})
    want = fast.stylize(photo, regions)
    np.testing.assert_array_equal(np.array(fast.stylize(Image.fromarray(photo), regions)), want)
    tensor = torch.from_numpy(photo).permute(2, 0, 1)[None].float() / 255
    got = fast.stylize(tensor.repeat(2, 1, 1, 1), regions)
    np.testing.assert_array_equal((got[1] * 255).round().permute(1, 2, 0).numpy(), want)
    steps = [difference(fast.stylize(photo, regions, strength=s), want) for s in (0.0, 0.3, 0.7, 1.0)]
    assert steps == sorted(steps, reverse=True) and steps[-1] == 0
    for size in ((1, 1), (3, 40), (37, 17)):
        assert fast.stylize(np.full((*size, 3), 90, np.uint8), regions).shape == (*size, 3)


def test_moments_are_weighted_statistics():
    features = torch.randn(1, 4, 6, 8) + 5
    weights = torch.zeros(3, 1, 6, 8)
    weights[0, :, :, :3], weights[1, :, :, 3:] = 1, 0.5
    mass, measured = moments(features, weights)
    assert mass.flatten().tolist() == [18, 15, 0]
    for i, part in enumerate((features[..., :3], features[..., 3:])):
        torch.testing.assert_close(measured.pick(i), statistics(part), atol=1e-4, rtol=1e-4)
    steadied = steady(mass, measured)
    assert all(torch.isfinite(x).all() for x in steadied)
    whole = steady(torch.full((2, 1, 1, 1), 1e9), Statistics(*(x[:2] for x in measured)))
    torch.testing.assert_close(whole, Statistics(*(x[:2] for x in measured)))


def test_what_does_not_fit_is_refused(fast: Stylizer, starry: Style, left: np.ndarray):
    with pytest.raises(OptionError, match="same labels"):
        Regions.compose({"a": starry}, {"b": left})
    with pytest.raises(OptionError, match="one size"):
        Regions.compose({"a": starry, "b": starry}, {"a": left, "b": left[1:]})
    with pytest.raises(OptionError, match="at least one"):
        Regions.compose({"a": None}, {"a": left})
    for feather in (-0.1, 0.6, float("nan")):
        with pytest.raises(OptionError, match="feather"):
            Regions.compose({"a": starry}, {"a": left}, feather=feather)
    other = Style("x", "vgg", starry.levels)
    with pytest.raises(StyleError, match="different models"):
        Regions.compose({"a": starry, "b": other}, {"a": left, "b": 255 - left})
    with pytest.raises(StyleError, match="encoded by 'vgg'"):
        fast.stylize(np.zeros((8, 8, 3), np.uint8), Regions.compose({"a": other}, {"a": left}))


def test_frames_have_regions_too(fast: Stylizer, starry: Style, ink: Style, photo: np.ndarray, left: np.ndarray):
    """A frame by itself is painted as a picture is; over time the statistics of each region are smoothed."""
    regions = Regions.compose({"l": starry, "r": ink}, {"l": left, "r": 255 - left})
    alone = FrameStylizer(fast, regions, smooth="off")
    np.testing.assert_array_equal(alone(photo), fast.stylize(photo, regions))
    tiled = FrameStylizer(fast, regions, smooth="off", tile=128)
    assert difference(tiled(photo), fast.stylize(photo, regions)) < 0.1

    def change(smooth: str, **options: object) -> float:
        """How far the left half moves when the light on it changes at once, though not so much as to be a cut."""
        frames = FrameStylizer(fast, regions, smooth="light", **options)
        frames.smooth = smooth
        lit = np.clip(photo * 1.1, 0, 255).astype(np.uint8)
        first, second = frames.paint([photo])[0], frames.paint([lit])[0]
        assert first.start and not second.start
        assert frames.memory["bottleneck"].mean.shape[0] == 2 if smooth != "off" else not frames.memory
        return float((second.picture[:, :110].astype(int) - first.picture[:, :110]).mean())

    # Normalised anew, each frame comes out alike; by the smoothed statistics, brighter light stays brighter.
    assert change("light") > change("off") + 2
    assert abs(change("light", tile=128) - change("light")) < 0.5


def test_several_frames_at_once(fast: Stylizer, starry: Style, photo: np.ndarray, left: np.ndarray):
    """With a style or with regions, each frame comes out as it does by itself."""
    for style in (starry, Regions.compose({"l": starry, "r": None}, {"l": left, "r": 255 - left})):
        frames = [photo, np.ascontiguousarray(photo[:, ::-1]), photo]
        painted = FrameStylizer(fast, style, smooth="off").paint(frames)
        assert len(painted) == 3
        for frame, one in zip(frames, painted):
            assert difference(one.picture, FrameStylizer(fast, style, smooth="off").paint([frame])[0].picture) < 0.1


def test_kept_region_of_frames_is_the_frame(fast: Stylizer, starry: Style, photo: np.ndarray, left: np.ndarray):
    regions = Regions.compose({"l": starry, "r": None}, {"l": left, "r": 255 - left})
    frames = FrameStylizer(fast, regions, size=128)
    for shift in (0, 2, 4):
        frame = np.roll(photo, shift, axis=1)
        np.testing.assert_array_equal(frames(frame)[:, 126:], frame[:, 126:])


def test_two_passes_measure_each_region(fast: Stylizer, starry: Style, ink: Style, photo: np.ndarray, left: np.ndarray):
    regions = Regions.compose({"l": starry, "r": ink}, {"l": left, "r": 255 - left})
    for tile in ("auto", 128):
        statistics_ = ShotStatistics(fast, tile=tile)
        for _ in range(2):
            statistics_.add(photo, regions)
        (shot,) = statistics_.shots()
        assert all(len(level.mean) == 2 for level in shot.own.values())
        painted = FrameStylizer(fast, regions, smooth="off", tile=tile).paint([photo], own=[shot.own])[0].picture
        assert difference(painted, fast.stylize(photo, regions)) < 0.2


def test_styles_change_region_by_region(fast: Stylizer, starry: Style, ink: Style, photo: np.ndarray, left: np.ndarray):
    masks = {"l": left, "r": 255 - left}
    one, other = (Regions.compose({"l": a, "r": b}, masks) for a, b in ((starry, ink), (ink, starry)))
    got = fast.stylize(photo, one.with_style(ink).with_style(starry, 1))
    np.testing.assert_array_equal(got, fast.stylize(photo, other))
    np.testing.assert_array_equal(fast.stylize(photo, Regions.blend([one, other], [0, 1])), got)
    half = fast.stylize(photo, Regions.blend([one, other]))
    mix = Style.blend([starry, ink])
    assert difference(half, fast.stylize(photo, Regions.compose({"l": mix, "r": mix}, masks))) < 0.01
    assert difference(half, fast.stylize(photo, one)) > 5
    flipped = one.flipped()
    np.testing.assert_array_equal(flipped.weights(240, 160)[:, :, ::-1], one.weights(240, 160))
    with pytest.raises(OptionError, match="2, 1 regions"):
        Regions.blend([one, Regions.compose({"l": ink}, {"l": left})])


def test_kept_region_can_be_laid_over_in_place(fast: Stylizer, starry: Style, photo: np.ndarray, left: np.ndarray):
    regions = Regions.compose({"l": starry, "r": None}, {"l": left, "r": 255 - left})
    painted = 255 - photo
    want = regions.keep_photo(painted, photo)
    assert regions.keep_photo(painted, photo, out=painted) is painted
    np.testing.assert_array_equal(painted, want)


def test_memory_of_regions_is_restored(fast: Stylizer, starry: Style, ink: Style, photo: np.ndarray, left: np.ndarray):
    """What --resume relies on: after `restore` the next frame comes out as it would have."""
    regions = Regions.compose({"l": starry, "r": ink}, {"l": left, "r": 255 - left})
    first = FrameStylizer(fast, regions)
    first.paint([photo])
    second = FrameStylizer(fast, regions)
    second.restore(first.state())
    lit = np.clip(photo * 1.1, 0, 255).astype(np.uint8)
    painted, again = (frames.paint([lit])[0] for frames in (first, second))
    assert not again.start
    np.testing.assert_array_equal(again.picture, painted.picture)
