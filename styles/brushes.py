"""What the painters share: noise, palettes, brush strokes, light on thick paint, and paper.

A picture in the making is a float32 array (SIDE, SIDE, 3), RGB in 0..1; a field is (SIDE, SIDE). Lengths are in pixels
of that picture, which is more than twice as large as the file that is written; the fields X and Y run over 0..1.
"""

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator

Array = np.ndarray

SIDE = 1200  # px, height and width of a picture in the making
SUBPIXEL_BITS = 4  # cv2 takes coordinates in 1/16 px
PATH_POINTS = 12  # points along one brush stroke
Y, X = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE


class Brush(NamedTuple):
    """A brush and how it is used; lengths in px."""

    width: float
    length: float
    spacing: float  # between neighbouring strokes
    bristles: int = 8
    jitter: float = 0.06  # how far the colour of strokes strays, 0..1
    streak: float = 0.04  # the same, of the bristles inside a stroke


# ---------------------------------------------------------------- colour


def palette(text: str) -> Array:
    """Turn "#102030 #ffeecc" into an (N, 3) array of RGB in 0..1."""
    return np.float32([[int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)] for code in text.split()])


def gradient(colours: Array, t: Array) -> Array:
    """Blend through `colours` while t runs over 0..1."""
    stops = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(t, stops, channel) for channel in colours.T], axis=-1).astype(np.float32)


def mix(image: Array, colour: Array, alpha: Array) -> Array:
    """Lay an opaque colour (or picture) over the image where alpha is 1."""
    return image + (colour - image) * alpha[..., None]


def put(image: Array, colour: Array, where: Array) -> Array:
    """Replace the image by a colour (or picture) where a mask is true."""
    return np.where(where[..., None], colour, image)


def glaze(image: Array, colour: Array, alpha: Array) -> Array:
    """Lay a transparent ink over the image: it only darkens."""
    return image * (1 - alpha[..., None] * (1 - colour))


def to_bytes(image: Array) -> Array:
    return np.uint8(np.clip(image, 0, 1) * 255 + 0.5)


def to_floats(image: Array) -> Array:
    return image.astype(np.float32) / 255


# ---------------------------------------------------------------- fields


def noise(rng: Generator, cell: float, octaves: int = 5, gain: float = 0.55, stretch: float = 1) -> Array:
    """Fractal noise of mean 0 and deviation 1; features span `cell` px, and `stretch` times that along x."""
    total = np.zeros((SIDE, SIDE), np.float32)
    for octave in range(octaves):
        pitch = max(cell / 2**octave, 1)
        knots = rng.standard_normal((int(SIDE / pitch) + 3, int(SIDE / max(pitch * stretch, 1)) + 3), dtype=np.float32)
        total += gain**octave * cv2.resize(knots, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return (total - total.mean()) / total.std()


def ridge(rng: Generator, level: float, height: float, cell: float = 400, octaves: int = 6) -> Array:
    """Distance below a mountain skyline, positive on the mountain; `level` and `height` in units of the side."""
    skyline = level + height * noise(rng, cell, octaves, gain=0.48)[:1]
    return Y - skyline


def disc(x: float, y: float, radius: float) -> Array:
    """Signed distance to a circle, negative inside, in units of the side."""
    return np.hypot(X - x, Y - y) - radius


def inside(distance: Array, soft: float = 1.5 / SIDE) -> Array:
    """1 where a signed distance is negative, 0 where positive, with an edge `soft` wide."""
    return np.clip(0.5 - distance / soft, 0, 1)


def warp(image: Array, dx: Array, dy: Array) -> Array:
    """Fetch every pixel from dx, dy px away."""
    x, y = X * SIDE + dx, Y * SIDE + dy
    return cv2.remap(image, np.float32(x), np.float32(y), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def curl_angle(stream: Array) -> Array:
    """Direction of the divergence-free flow along the contour lines of a stream function."""
    dy, dx = np.gradient(cv2.GaussianBlur(stream, (0, 0), 4))
    return np.arctan2(-dx, dy)


def cells(seeds: Array) -> tuple[Array, Array]:
    """Voronoi cells of seeds (N, 2) in px (x, y): the number of each pixel's cell, and distance to its border in px."""
    source = np.full((SIDE, SIDE), 255, np.uint8)
    columns, rows = np.clip(seeds, 0, SIDE - 1).astype(int).T
    source[rows, columns] = 0
    _, labels = cv2.distanceTransformWithLabels(source, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    return labels, border_distance(labels)


def border_distance(labels: Array) -> Array:
    """Distance in px from each pixel to the nearest change of label."""
    changed = np.zeros(labels.shape, bool)
    changed[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    changed[1:] |= labels[1:] != labels[:-1]
    return cv2.distanceTransform(np.uint8(~changed), cv2.DIST_L2, 5)


def scatter(rng: Generator, spacing: float, margin: float = 0) -> Array:
    """Points (N, 2) in px (x, y) on a jittered grid, in random order, reaching `margin` px over the edge."""
    axis = np.arange(-margin, SIDE + margin, spacing)
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    return rng.permutation(points + rng.uniform(0, spacing, points.shape)).astype(np.float32)


def sample(field: Array, points: Array) -> Array:
    """Values of a field or picture at points (..., 2) in px (x, y), clamped to the frame."""
    x, y = np.clip(points, 0, SIDE - 1).astype(int).T
    return field[y.T, x.T]


# ---------------------------------------------------------------- strokes


def draw(canvas: Array, line: Array, colour: Iterable[float], thickness: float, closed: bool = False) -> None:
    """Draw a smooth polyline (N, 2) in px; the colour in 0..255."""
    points = np.round(line * 2**SUBPIXEL_BITS).astype(np.int32)
    cv2.polylines(canvas, [points], closed, [*map(float, colour)], max(round(thickness), 1), cv2.LINE_AA, SUBPIXEL_BITS)


def fill(canvas: Array, outline: Array, colour: Iterable[float]) -> None:
    """Fill a polygon (N, 2) in px; the colour in 0..255."""
    points = np.round(outline * 2**SUBPIXEL_BITS).astype(np.int32)
    cv2.fillPoly(canvas, [points], [*map(float, colour)], cv2.LINE_AA, SUBPIXEL_BITS)


def spline(knots: Iterable[tuple[float, float]], count: int = 80) -> Array:
    """A smooth curve (count, 2) through the knots (Catmull-Rom)."""
    p = np.float32(list(knots))
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = np.linspace(0, len(p) - 3 - 1e-4, count)
    i, f = t.astype(int), (t % 1)[:, None]
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    return 0.5 * (2 * b + (c - a) * f + (2 * a - 5 * b + 4 * c - d) * f**2 + (3 * b - a - 3 * c + d) * f**3)


def trace(starts: Array, angle: Array, length: float) -> Array:
    """Follow an angle field from each start: paths (N, PATH_POINTS, 2)."""
    paths = [starts]
    for _ in range(PATH_POINTS - 1):
        heading = sample(angle, paths[-1])
        step = np.stack([np.cos(heading), np.sin(heading)], axis=-1) * length / (PATH_POINTS - 1)
        paths.append(paths[-1] + step)
    return np.stack(paths, axis=1)


def stroke(rng: Generator, canvas: Array, path: Array, colour: Array, brush: Brush) -> None:
    """Drag a brush along a path over an RGB + thickness canvas (uint8): every bristle leaves its own line."""
    along = np.gradient(path, axis=0)
    normal = along[:, ::-1] * (-1, 1) / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-6)
    pressure = np.sin(np.linspace(0.15, 0.9, len(path)) * np.pi) ** 0.4
    shades = colour + rng.normal(0, brush.streak, (brush.bristles, 1)) + rng.normal(0, 0.012, (brush.bristles, 3))
    across = rng.permutation(np.linspace(-0.5, 0.5, brush.bristles)) * brush.width
    thickness = 1.7 * brush.width / brush.bristles
    for offset, shade in zip(across, np.clip(shades, 0, 1) * 255, strict=True):
        first, last = rng.integers(0, 2), len(path) - rng.integers(0, 3)
        line = path + normal * (offset * pressure)[:, None]
        draw(canvas, line[first:last], [*shade, rng.integers(60, 255)], thickness)


def paint_over(rng: Generator, canvas: Array, target: Array, angle: Array, brush: Brush) -> None:
    """Cover the canvas with strokes along `angle`, in the colours of the target."""
    paths = trace(scatter(rng, brush.spacing, margin=brush.length / 2), angle, brush.length)
    colours = sample(target, paths[:, PATH_POINTS // 2])
    colours = colours + rng.normal(0, brush.jitter, (len(paths), 1)) + rng.normal(0, 0.025, (len(paths), 3))
    for path, colour in zip(paths, colours, strict=True):
        stroke(rng, canvas, path, colour, brush)


def blank(colour: Array) -> Array:
    """A canvas for `stroke`: (SIDE, SIDE, 4) uint8, the ground colour with no paint on it."""
    return np.full((SIDE, SIDE, 4), [*(colour * 255), 0], np.uint8)


# ---------------------------------------------------------------- light and surface


def relief(image: Array, height: Array, strength: float = 1.0, blur: float = 1.2) -> Array:
    """Light a surface from the upper left; height in 0..1."""
    smooth = cv2.GaussianBlur(height.astype(np.float32), (0, 0), blur)
    slope = (cv2.Scharr(smooth, -1, 1, 0) + cv2.Scharr(smooth, -1, 0, 1)) / 16 * strength
    shade = np.clip(slope, -0.45, 0.6)[..., None]
    return image * (1 + shade) + 0.25 * np.maximum(shade - 0.15, 0)


def lit_paint(canvas: Array, strength: float = 1.0) -> Array:
    """The picture on an RGB + thickness canvas, as thick paint in raking light."""
    return relief(to_floats(canvas[..., :3]), to_floats(canvas[..., 3]), strength)


def paper(rng: Generator, image: Array, amount: float = 0.04, cell: float = 8) -> Array:
    """Give the image the tooth of paper: fine grain, and faint clouds in the tone."""
    grain = noise(rng, cell, 3, gain=0.8)
    return image * (1 + amount * (grain + 0.5 * noise(rng, 300, 3))[..., None])


def weave(rng: Generator, image: Array, pitch: float = 7, amount: float = 0.06) -> Array:
    """Give the image the threads of a canvas, `pitch` px apart and a little uneven."""
    x, y = (v * SIDE / pitch * 2 * np.pi + 0.5 * noise(rng, 60, 3) for v in (X, Y))
    threads = np.where(np.sin(x / 2) * np.sin(y / 2) > 0, np.sin(x), np.sin(y))
    return image * (1 + amount * (threads + 0.6 * noise(rng, 4, 2))[..., None])
