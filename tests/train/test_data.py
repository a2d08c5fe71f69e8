"""The pictures a network is trained on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from adain.train.config import TrainConfig
from adain.train.data import PictureBank, batches, colour_view, make_batch, recolour
from adain.train.objective import through
from hypothesis import given, settings
from hypothesis import strategies as st

Configure = Callable[..., TrainConfig]

CPU = torch.device("cpu")


@pytest.mark.parametrize("cached", [False, True])
def test_bank_skips_broken_files_and_crops_within_range(folders: tuple[Path, Path], tmp_path: Path, cached: bool):
    cache = tmp_path / "cache" if cached else None
    bank = PictureBank(folders[0], device=CPU, zoom=(0.5, 1.0), cache=cache)
    assert (len(bank), bank.broken) == (2, 1)
    batch = bank.batch(5, 48, np.random.default_rng(0))
    assert batch.shape == (5, 3, 48, 48) and batch.min() >= 0 and batch.max() <= 1 + 1e-5
    torch.testing.assert_close(batch, bank.batch(5, 48, np.random.default_rng(0)))


def test_cache_holds_the_same_pixels_is_made_once_and_made_anew_when_cut_short(
    folders: tuple[Path, Path], tmp_path: Path
):
    def banks() -> tuple[PictureBank, PictureBank]:
        return tuple(
            PictureBank(folders[0], device=CPU, zoom=(1, 1), side=100, cache=c) for c in (None, tmp_path / "c")
        )

    for picture, kept in zip(*(bank.pixels for bank in banks()), strict=True):
        assert min(picture.shape[:2]) == 100 and torch.equal(picture, kept)
    (pixels,) = (tmp_path / "c").glob("*.bin")
    made = pixels.stat().st_mtime_ns
    banks()
    assert pixels.stat().st_mtime_ns == made
    next((tmp_path / "c").glob("*.json")).unlink()  # as after a kill while it was written
    pixels.write_bytes(pixels.read_bytes()[:1000])
    for picture, kept in zip(*(bank.pixels for bank in banks()), strict=True):
        assert torch.equal(picture, kept)


def test_the_pictures_of_a_step_depend_on_the_step_alone(configure: Configure):
    config = configure(batch=3, recolour=1.0, photos_as_styles=0.5)
    photos, artworks = (PictureBank(f, device=CPU, zoom=(0.5, 1)) for f in (config.content, config.style))
    from_4 = list(batches(photos, artworks, config, 4))
    assert len(from_4) == 2
    for parts in zip(from_4[1], make_batch(photos, artworks, config, 5), strict=True):
        torch.testing.assert_close(*parts)
    assert not torch.equal(from_4[0].content, from_4[1].content)
    assert not torch.equal(from_4[0].content, make_batch(photos, artworks, config, 4, rank=1).content)


def test_the_same_pictures_are_paired_anew(configure: Configure):
    config = configure(batch=3, pairings=3, steps=9, recolour=1.0)
    photos, artworks = (PictureBank(f, device=CPU, zoom=(0.5, 1)) for f in (config.content, config.style))
    first, *later = batches(photos, artworks, config, 3)
    assert [batch.turn for batch in (first, *later)] == [0, 1, 2, 0, 1, 2]
    for turn, batch in enumerate(later[:2], 1):
        torch.testing.assert_close(batch.content, first.content)
        torch.testing.assert_close(batch.turned().style, first.style.roll(turn, 0))
    assert not torch.equal(later[2].content, first.content)


def test_recolour_changes_a_share_and_stays_in_range():
    images = torch.rand(64, 3, 8, 8)
    out = recolour(images, 0.5, np.random.default_rng(0))
    changed = int((out != images).flatten(1).any(1).sum())
    assert 16 < changed < 48 and out.min() >= 0 and out.max() <= 1


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**16))
def test_a_colour_view_exchanges_and_inverts_channels(seed: int):
    pictures = torch.rand((3, 3, 4, 5), generator=torch.Generator().manual_seed(seed))
    for seen, picture in zip(through(colour_view(1.0, np.random.default_rng(seed)), pictures), pictures):
        both = [*picture, *(1 - picture)]
        found = [next(i % 3 for i, channel in enumerate(both) if torch.allclose(s, channel, atol=1e-6)) for s in seen]
        assert sorted(found) == [0, 1, 2]  # each channel once, as it is or inverted
    torch.testing.assert_close(through(colour_view(0.0, np.random.default_rng(seed)), pictures), pictures)
