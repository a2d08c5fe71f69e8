"""The temporal loss: a frame moved and noised must give the painting, moved.

A network trained with it keeps its strokes on the objects, so that video is steady without any work at run time.
Compare Gupta et al., ICCV 2017, who train on filmed motion; here it is drawn.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

LARGEST_SHIFT = 10.0  # px, of the whole frame
LARGEST_BEND = 2.0  # px, of the smooth flow on top, at each knot
KNOTS = 4  # the smooth flow is drawn on a grid of this many squared
LARGEST_NOISE = 0.015  # std of the noise on a moved frame, at most; 1 is white
MARGIN = 16  # px at the border that are not compared: what is seen there came from outside


def random_flow(count: int, height: int, width: int, generator: np.random.Generator) -> Tensor:
    """A shift and a smooth bend for each frame: (B, 2, H, W) float32, x then y, in px."""
    shift = generator.uniform(-LARGEST_SHIFT, LARGEST_SHIFT, (count, 2, 1, 1))
    bend = generator.uniform(-LARGEST_BEND, LARGEST_BEND, (count, 2, KNOTS, KNOTS))
    knots = torch.from_numpy(shift + bend).float()
    return F.interpolate(knots, (height, width), mode="bicubic", align_corners=True)


def warp(image: Tensor, flow: Tensor) -> Tensor:
    """Sample (B, C, H, W) at each pixel's place plus `flow` (B, 2, H, W), in px; beyond the border the edge repeats.

    Bicubic, because bilinear sampling blurs, and a loss on blurred targets teaches blur.
    """
    height, width = image.shape[2:]
    y, x = torch.meshgrid(
        torch.arange(height, device=image.device), torch.arange(width, device=image.device), indexing="ij"
    )
    grid = torch.stack([(x + flow[:, 0]) * 2 / (width - 1) - 1, (y + flow[:, 1]) * 2 / (height - 1) - 1], 3)
    return F.grid_sample(image, grid, mode="bicubic", padding_mode="border", align_corners=True)


def moved(frames: Tensor, flow: Tensor, generator: np.random.Generator) -> Tensor:
    """The frames a moment later: warped, with fresh sensor noise. (B, 3, H, W) RGB 0..1."""
    seeded = torch.Generator(frames.device).manual_seed(int(generator.integers(2**62)))
    noise = torch.randn(frames.shape, generator=seeded, device=frames.device)
    level = LARGEST_NOISE * torch.rand(len(frames), 1, 1, 1, generator=seeded, device=frames.device)
    return (warp(frames, flow) + level * noise).clamp(0, 1)


def temporal_loss(painted: Tensor, painted_later: Tensor, flow: Tensor) -> Tensor:
    """RMSE between the painting of the moved frame and the moved painting, inside the margin; mean over the frames.

    It is what `adain.stability` measures. The mean absolute difference hardly minds a few strokes that jump, and those
    are seen: in flat styles such as ukiyo-e the RMSE was twice that mean.
    """
    difference = painted_later - warp(painted, flow)
    squares = difference[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN].square().mean((1, 2, 3))
    return (squares + 1e-8).sqrt().mean()  # at 0 a root has no slope
