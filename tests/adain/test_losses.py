"""Each loss is zero where it should be, and rises otherwise."""

import cv2
import numpy as np
import pytest
import torch
from adain.train.temporal import moved, random_flow, temporal_loss, warp
from skimage import metrics

from adain.layers import LUMA, adain, statistics
from adain.losses import (
    adain_target_loss,
    colour_loss,
    content_loss,
    gram,
    gram_distances,
    halo_loss,
    palette_loss,
    range_loss,
    structural_similarity,
    style_loss,
    total_variation,
)
from adain.perceptual import VGG_STYLE_LAYERS, Perceptual, load_perceptual


@pytest.fixture(scope="module")
def teacher() -> Perceptual:
    return load_perceptual("vgg16", None, device=torch.device("cpu"), dtype=torch.float32)


@pytest.fixture
def image(photo: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(photo).permute(2, 0, 1)[None].float() / 255


def test_style_losses(teacher: Perceptual, image: torch.Tensor):
    features = teacher(image, VGG_STYLE_LAYERS)
    own = {name: statistics(f) for name, f in features.items()}
    grams = {name: gram(f) for name, f in features.items()}
    for loss, target in ((style_loss, own), (gram_distances, grams)):
        assert loss(features, target).item() == pytest.approx(0, abs=1e-6)
        mild, strong = (loss(teacher(image * k, VGG_STYLE_LAYERS), target).item() for k in (0.9, 0.5))
        assert 0 < mild < strong


def test_content_losses(teacher: Perceptual, image: torch.Tensor):
    layers = ("relu3_1", "relu4_1")
    features, other = teacher(image, layers), teacher(image.flip(3), layers)
    weights = {"relu4_1": 1.0, "relu3_1": 0.5}
    assert content_loss(features, features, weights).item() == pytest.approx(0, abs=1e-6)
    assert content_loss(other, features, weights).item() > 0.5
    deep, style = features["relu4_1"], statistics(teacher(image.flip(1), ("relu4_1",))["relu4_1"])
    assert adain_target_loss(adain(deep, style), deep, style).item() == pytest.approx(0, abs=1e-6)
    assert adain_target_loss(deep, deep, style).item() > 0.01


def test_pixel_losses(image: torch.Tensor):
    assert total_variation(torch.full((1, 3, 8, 8), 0.3)).item() == 0
    assert range_loss(torch.tensor([-0.5, 0.5, 1.25, 1.0]).view(1, 1, 2, 2)).item() == pytest.approx(0.75 / 4)
    assert colour_loss(image, image.flip(2)).item() == pytest.approx(0, abs=1e-6)  # the palette has no places
    assert colour_loss(image.flip(1), image).item() > colour_loss(0.98 * image, image).item() > 1e-4


def test_palette_loss_sees_colours_that_the_style_has_nowhere(image: torch.Tensor):
    part, darker, other = image[..., 20:120, 40:180], 0.8 * image, image.flip(1)
    assert palette_loss(part.flip(3), image).item() == pytest.approx(0, abs=1e-9)  # 20, 40: whole patches
    assert palette_loss(image, part).item() > 1e-5  # what the other part has
    stray, dim = palette_loss(other, image).item(), palette_loss(darker, image).item()
    assert dim < stray / 4
    asked = other.clone().requires_grad_()
    palette_loss(asked, image).backward()
    assert palette_loss(asked.detach() - 9000 * asked.grad, image).item() < stray / 2


def glowing(photo: np.ndarray, strength: float, spread: float) -> torch.Tensor:
    """The photo (H, W, 3) with green light around what is dark, as (1, 3, H, W) RGB 0..1."""
    dark = (photo.max(2) < 100).astype(np.uint8)
    distance = cv2.distanceTransform(1 - dark, cv2.DIST_L2, 5)
    light = strength * np.exp(-distance / spread) * (1 - dark)
    picture = photo / 255 + light[..., None] * np.array([-0.5, 1, -0.5])
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float()


def test_halo_loss_sees_a_glow_and_nothing_else():
    photo = np.full((160, 224, 3), (190, 200, 210), np.uint8)
    photo[60:120, 80:150] = 30  # a dark house before a bright sky
    plain = glowing(photo, 0, 8)
    faint, strong = (halo_loss(glowing(photo, strength, 8), plain).item() for strength in (0.1, 0.3))
    assert 1e-4 < faint < strong / 4
    assert halo_loss(glowing(photo, 0.3, 3), plain).item() > faint / 2  # narrow, where a network likes to hide it
    assert halo_loss(plain, plain).item() == 0
    # A style's colours are no halo, nor are strokes all over, nor an outline.
    assert halo_loss(plain.flip(1) * 0.5, plain).item() < faint / 10
    strokes = 0.1 * torch.randn(1, 3, 160, 224, generator=torch.Generator().manual_seed(0))
    assert halo_loss(plain + strokes, plain).item() < strong / 10
    assert halo_loss(glowing(photo, 0.3, 0.7), plain).item() < faint / 10


def test_halo_loss_is_0_with_a_slope_where_there_is_no_edge():
    flat = torch.full((2, 3, 96, 96), 0.5)
    painting = torch.rand(2, 3, 96, 96, requires_grad=True)
    loss = halo_loss(painting, flat)
    loss.backward()
    assert loss.item() == 0 and painting.grad is not None and painting.grad.isfinite().all()


def test_temporal_loss_rewards_strokes_that_move_along(image: torch.Tensor):
    generator = np.random.default_rng(0)
    frame = image.repeat(2, 1, 1, 1)
    flow = random_flow(2, *image.shape[2:], generator)
    later = moved(frame, flow, generator)
    steady = temporal_loss(1 - frame, 1 - later, flow)  # what a network does that treats each pixel alike
    pinned = temporal_loss(frame, frame, flow)  # strokes that stay on the screen
    assert steady < 0.025 and pinned > 3 * steady  # what is left is the noise


def test_temporal_loss_minds_few_large_jumps_more_than_many_small_ones(image: torch.Tensor):
    still = torch.zeros(1, 2, *image.shape[2:])
    jumps = torch.zeros_like(image)
    jumps[:, :, 20:40, 20:40] = 0.5  # 400 pixels
    spread = torch.full_like(image, jumps[:, :, 16:-16, 16:-16].mean().item())
    few, many = (temporal_loss(image, image + change, still) for change in (jumps, spread))
    assert few > 2 * many


def test_a_perfect_painting_can_be_learned_from(image: torch.Tensor):
    painting = image.clone().requires_grad_()
    loss = temporal_loss(painting, image, torch.zeros(1, 2, *image.shape[2:]))
    loss.backward()
    assert loss.item() < 1e-3 and painting.grad is not None and painting.grad.isfinite().all()


def test_warp_moves_as_opencv_does(image: torch.Tensor, photo: np.ndarray):
    flow = random_flow(1, *photo.shape[:2], np.random.default_rng(1))
    y, x = np.mgrid[: photo.shape[0], : photo.shape[1]].astype(np.float32)
    maps = (x + flow[0, 0].numpy(), y + flow[0, 1].numpy())
    expected = cv2.remap(photo, *maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    got = warp(image, flow)[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(got.clip(0, 255) - expected)[20:-20, 20:-20].mean() < 1


def test_structural_similarity_is_the_one_everybody_measures(image: torch.Tensor):
    noisy = (image + 0.1 * torch.randn(image.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    a, b = ((x[0].permute(1, 2, 0) @ torch.tensor(LUMA)).numpy() for x in (image, noisy))
    _, wanted = metrics.structural_similarity(a, b, data_range=1.0, use_sample_covariance=False, full=True)
    got = structural_similarity(image, noisy).item()
    assert got == pytest.approx(wanted[3:-3, 3:-3].mean(), abs=1e-3) and 0.1 < got < 0.9
    assert structural_similarity(image, image).item() == pytest.approx(1)
    torch.testing.assert_close(structural_similarity(noisy, image).item(), got)
