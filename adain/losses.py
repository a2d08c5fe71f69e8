"""The losses of style transfer. All but the pixel losses are measured in the features of a fixed network."""

import torch
import torch.nn.functional as F
from torch import Tensor

from .layers import LUMA, Statistics, adain, statistics

Features = dict[str, Tensor]

SSIM_WINDOW = 7  # px
SSIM_C1, SSIM_C2 = 0.01**2, 0.03**2  # keep flat and dark windows from dividing by zero (Wang et al.)
HALO_CELL = 4  # px, side of the cells in which halos are looked for; strokes average out
HALO_EDGE, HALO_FLAT = 0.2, 0.1  # steps in and right around a cell: what may throw a halo, and what is no edge
HALO_NEAR, HALO_FAR = 2, 6  # cells from an edge: where a halo is brightest, and beyond where it has ended
HALO_LOOKS, HALO_STRIDE = 7, 3  # squared: how many cells around each are looked at, this far apart
HALO_ALIKE = 0.1  # where the photo's colour differs by this, a cell belongs to the same surface by 1/e
HALO_SEEN = 0.5  # cells of the same surface near and far, which it takes to compare
HALO_CELLS = 100  # in a batch; where fewer can be compared, halos count less
PALETTE_PATCH = 4  # px, side of the patches whose colours are looked for in a style
PALETTE_LIGHT = 0.5  # share of the luma that is taken off first: a stray light is less ugly than a stray hue


def normalised(features: Tensor) -> Tensor:
    """Features with channel mean 0 and std 1: content without its palette and contrast. (B, C, H, W), float32."""
    plain = features.new_zeros(1, features.shape[1], 1, 1, dtype=torch.float32)
    return adain(features, Statistics(plain, plain + 1)).float()


def content_loss(output: Features, content: Features, weights: dict[str, float]) -> Tensor:
    """Squared distance of channel-normalised features, summed over `weights` (layer name -> weight)."""
    terms = [w * F.mse_loss(normalised(output[k]), normalised(content[k])) for k, w in weights.items()]
    return torch.stack(terms).sum()


def adain_target_loss(output: Tensor, content: Tensor, style: Statistics) -> Tensor:
    """Squared distance to the AdaIN target of the deep layer (paper, equation 12), in units of the style's variance."""
    target = adain(content, style).float()
    distance = (output.float() - target).square().mean((1, 2, 3))  # (B,)
    return (distance / style.std.square().mean((1, 2, 3))).mean()


def style_loss(output: Features, style: dict[str, Statistics]) -> Tensor:
    """Mean of `style_distances` over the pictures of a batch."""
    return style_distances(output, style).mean()


def style_distances(output: Features, style: dict[str, Statistics]) -> Tensor:
    """Distance of channel means and stds (paper, equation 13), each layer in units of the style's own mean variance.

    The paper sums raw distances; dividing by the style's variance keeps strong styles from drowning the faint ones.

    Returns:
        (B,): of each picture, summed over the layers.
    """
    terms = []
    for name, wanted in style.items():
        got = statistics(output[name])
        unit = wanted.std.square().mean((1, 2, 3))  # (B,)
        distance = (got.mean - wanted.mean).square() + (got.std - wanted.std).square()  # (B, C, 1, 1)
        terms.append(distance.mean((1, 2, 3)) / unit)
    return torch.stack(terms).sum(0)


def gram(features: Tensor) -> Tensor:
    """Channel correlations (Gatys et al., CVPR 2016, equation 3), by pixel: (B, C, H, W) -> (B, C, C), float32."""
    flat = features.float().flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def gram_distances(output: Features, style: dict[str, Tensor]) -> Tensor:
    """Squared distance of Gram matrices relative to the style's, summed over layers: (B,); `style` holds `gram`s."""
    terms = []
    for name, wanted in style.items():
        distance = (gram(output[name]) - wanted).square().sum((1, 2))
        terms.append(distance / wanted.square().sum((1, 2)))
    return torch.stack(terms).sum(0)


def colour_loss(output: Tensor, style: Tensor) -> Tensor:
    """Distance of the pixels' mean and covariance, relative to the style's variance. (B, 3, H, W) RGB 0..1."""
    (mean, covariance), (wanted, wanted_covariance) = _palette(output), _palette(style)
    variance = wanted_covariance.diagonal(dim1=1, dim2=2).mean(1) + 1e-3  # (B,); the floor is for flat styles
    means = (mean - wanted).square().mean(1) / variance
    covariances = (covariance - wanted_covariance).square().mean((1, 2)) / variance.square()
    return (means + covariances).mean()


def palette_loss(output: Tensor, style: Tensor) -> Tensor:
    """How far the painting's colours are from any that the style has. (B, 3, H, W) RGB 0..1, both.

    Squared distance of each patch's mean colour to the nearest of the style's. No colour has to be used: that is up to
    `colour_loss`, whose mean and covariance a face of green and violet can meet in a style that has neither.
    """
    painted, known = (patch_colours(picture) for picture in (output, style))
    with torch.no_grad():
        nearest = torch.cdist(painted, known).argmin(2)  # (B, N)
    return (painted - known.gather(1, nearest[..., None].expand_as(painted))).square().sum(2).mean()


def patch_colours(image: Tensor) -> Tensor:
    """(B, 3, H, W) RGB -> (B, N, 3): the mean colours of its patches, as seen."""
    return seen_colours(F.avg_pool2d(image.float(), PALETTE_PATCH).flatten(2).transpose(1, 2))


def seen_colours(colours: Tensor) -> Tensor:
    """(..., 3) RGB -> the same for measuring distances, in which light counts less than hue."""
    return colours - PALETTE_LIGHT * (colours @ colours.new_tensor(LUMA))[..., None]


def _palette(image: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (B, 3) and covariance (B, 3, 3) of the pixels."""
    pixels = image.float().flatten(2)  # (B, 3, H * W)
    mean = pixels.mean(2, keepdim=True)
    centred = pixels - mean
    return mean[:, :, 0], centred @ centred.transpose(1, 2) / pixels.shape[2]


def structural_similarity(a: Tensor, b: Tensor) -> Tensor:
    """Mean SSIM of the lumas of (B, 3, H, W) RGB 0..1 (Wang et al., 2004), windows of SSIM_WINDOW px; 1: the same."""
    a, b = luma(a), luma(b)
    pixels = torch.cat([a, b, a * a, b * b, a * b], 1)  # (B, 5, H, W)
    mean_a, mean_b, *squares = F.avg_pool2d(pixels, SSIM_WINDOW, 1).split(1, 1)
    var_a, var_b, covariance = squares[0] - mean_a**2, squares[1] - mean_b**2, squares[2] - mean_a * mean_b
    light = (2 * mean_a * mean_b + SSIM_C1) / (mean_a**2 + mean_b**2 + SSIM_C1)
    structure = (2 * covariance + SSIM_C2) / (var_a + var_b + SSIM_C2)
    return (light * structure).mean()


def luma(image: Tensor) -> Tensor:
    """(B, 3, H, W) RGB -> (B, 1, H, W)."""
    red, green, blue = image.split(1, 1)
    return LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue


def total_variation(image: Tensor) -> Tensor:
    """Mean absolute difference between neighbours of (B, 3, H, W)."""
    rows = (image[:, :, 1:] - image[:, :, :-1]).abs().mean()
    columns = (image[:, :, :, 1:] - image[:, :, :, :-1]).abs().mean()
    return rows + columns


def halo_loss(output: Tensor, content: Tensor) -> Tensor:
    """How the painting's colour changes towards the photo's edges, where the photo is flat: a glow around things.

    Squared difference of the mean colour near edges and further off on the same surface, less the photo's own. Of
    (B, 3, H, W) RGB 0..1, both.
    """
    photo, painting = (F.avg_pool2d(picture.float(), HALO_CELL) for picture in (content, output))  # (B, 3, h, w)
    near, far = _halo_places(content.float())
    unlike = (_around(photo) - photo.flatten(2)[:, :, None]).square().sum(1, keepdim=True) / HALO_ALIKE**2
    weights = [_around(places) * torch.exp(-unlike) for places in (near, far)]  # (B, 1, K, h * w)
    sums = [weight.sum(2) for weight in weights]
    added = _around(painting - photo)  # (B, 3, K, h * w), what the painting changed
    close, distant = ((added * weight).sum(2) / (total + 1e-6) for weight, total in zip(weights, sums))
    glow = (close - distant).square().mean(1, keepdim=True)  # (B, 1, h * w)
    compared = near.flatten(2) * (sums[0] > HALO_SEEN) * (sums[1] > HALO_SEEN)
    return (glow * compared).sum() / compared.sum().clamp(min=HALO_CELLS)


def _halo_places(photo: Tensor) -> tuple[Tensor, Tensor]:
    """Masks (B, 1, h, w) of the flat cells at edges of a photo (B, 3, H, W), and of those further off.

    Half cells see edges more closely: with whole ones, all within 8 px of an edge would not count as flat, and a
    network that may not glow elsewhere learns to glow there.
    """
    padded = F.pad(F.avg_pool2d(photo, HALO_CELL // 2), (1, 1, 1, 1), mode="replicate")
    steps = (F.max_pool2d(padded, 3, 1) + F.max_pool2d(-padded, 3, 1)).amax(1, keepdim=True)  # (B, 1, 2 h, 2 w)
    step = F.max_pool2d(steps, 2)
    edge, flat = (step > HALO_EDGE).float(), (step < HALO_FLAT).float()
    close, within = (F.max_pool2d(edge, 2 * radius + 1, 1, radius) for radius in (HALO_NEAR, HALO_FAR))
    return flat * close, flat * (1 - within)


def _around(cells: Tensor) -> Tensor:
    """(B, C, h, w) -> (B, C, K, h * w): the cells around each, 0 beyond the border."""
    reach = HALO_LOOKS // 2 * HALO_STRIDE
    looks = F.unfold(cells, HALO_LOOKS, dilation=HALO_STRIDE, padding=reach)
    return looks.unflatten(1, (cells.shape[1], -1))


def range_loss(image: Tensor) -> Tensor:
    """How far (B, 3, H, W) leaves 0..1, where clamping would flatten it."""
    return (F.relu(image - 1) + F.relu(-image)).mean()
