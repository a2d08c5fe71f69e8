"""Styles put together from pieces or poured: glass, stone, wool, paper, floating ink."""

import cv2
import numpy as np
from numpy.random import Generator

from .brushes import (
    SIDE,
    Array,
    X,
    Y,
    border_distance,
    cells,
    disc,
    fill,
    gradient,
    inside,
    mix,
    noise,
    palette,
    paper,
    put,
    relief,
    ridge,
    sample,
    scatter,
    to_bytes,
    to_floats,
    warp,
)

JEWELS = (  # glass for: sky, sun, halo, far hill, near hill, water
    "#123a9c #1f62c8 #2a1f8a #4a2a9c #1a86c0",
    "#ffd83a #ffe88a",
    "#ff9a1a #f0601a #e83a1a",
    "#1a7a5a #0f5a6a #2a9a7a",
    "#3a9a2a #7ac02a #167a3a #c0c82a",
    "#0f4fb0 #16a0b8 #0f2f80 #3ac0c0 #6a2a9a",
)
TILE = 18  # px between the tiles of the mosaic
BORDER = 0.125  # width of its border, in units of the side


def stained_glass(rng: Generator) -> Array:
    """A sun over blue hills and water in jewel-coloured panes between dark leads."""
    sun = disc(0.5, 0.36, 0)
    hill, near = ridge(rng, 0.56, 0.035, 500, 3), ridge(rng, 0.66, 0.04, 500, 3)
    water = Y - 0.78 - 0.02 * np.sin(9 * X)
    region = np.select([water > 0, near > 0, hill > 0, sun < 0.13, sun < 0.21], [5, 4, 3, 1, 2], 0)
    rays = np.floor(np.arctan2(Y - 0.36, X - 0.5) / np.pi * 10) + 40 * np.floor(sun / 0.16)
    pieces, _ = cells(scatter(rng, 128))
    pieces, rays = np.where(region < 2, 0, pieces), np.where(region == 0, rays, 0)
    _, labels = np.unique(region + 8 * (pieces + 1000 * (rays + 50)), return_inverse=True)
    labels = labels.reshape(SIDE, SIDE)
    lead = border_distance(labels) - 5.5 + 0.6 * noise(rng, 40)
    picks, lights = rng.integers(0, 60, labels.max() + 1)[labels], rng.uniform(0.6, 1.15, labels.max() + 1)[labels]
    glass = np.zeros((SIDE, SIDE, 3), np.float32)
    for i, colours in enumerate(map(palette, JEWELS)):
        glass = put(glass, colours[picks % len(colours)], region == i)
    depth = np.clip(lead / 40, 0, 1)
    streaks = 0.1 * noise(rng, 90, 5, gain=0.6, stretch=0.3) + 0.05 * noise(rng, 12, 3)
    bubbles = 0.35 * np.clip(noise(rng, 14, 1) - 2.3, 0, 1)
    glass *= (lights * (0.55 + 0.6 * depth**0.6) + streaks + bubbles)[..., None]
    glass += 0.3 * np.clip(0.5 - sun, 0, 1)[..., None] ** 2 * palette("#ffe8a0")
    glass = relief(glass, 0.5 + 0.12 * noise(rng, 24, 3), 0.8)
    metal = relief(np.ones_like(glass) * palette("#1a1a1e"), np.clip(1 + lead / 6, 0, 1) + 0.04 * noise(rng, 5), 1.6)
    return to_bytes(mix(glass, metal, inside(lead / SIDE)))


def tesserae(rng: Generator, pitch: float) -> Array:
    """Seeds (N, 2) in px of tiles laid in rings about the middle, and in straight rows along a border."""
    seeds = []
    for radius in np.arange(pitch / 2, SIDE * 0.71, pitch):
        count = max(int(2 * np.pi * radius / pitch), 1)
        turn = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.uniform(0, 1)
        seeds.append(radius * np.stack([np.cos(turn), np.sin(turn)], axis=-1))
    rings = np.concatenate(seeds) + SIDE / 2
    rows = np.stack(np.meshgrid(*2 * [np.arange(pitch / 2, SIDE, pitch)]), axis=-1).reshape(-1, 2)
    edge = BORDER * SIDE
    rings = rings[np.abs(rings - SIDE / 2).max(axis=1) < SIDE / 2 - edge - pitch / 3]
    rows = rows[np.abs(rows - SIDE / 2).max(axis=1) >= SIDE / 2 - edge]
    seeds = np.concatenate([rings, rows])
    return seeds + rng.normal(0, pitch * 0.07, seeds.shape)


def vault(rng: Generator) -> Array:
    """The design under the tiles: gold stars in rings on a night-blue vault, a gold sun, a plaited border."""
    away, turn = disc(0.5, 0.5, 0), np.arctan2(Y - 0.5, X - 0.5)
    image = gradient(palette("#3a9ad8 #1f62c0 #1a3f9c #12267a"), (away - 0.17) * 2.2 + 0.04 * noise(rng, 200))
    stars = [(0.287, np.pi * (k + 0.5) / 6) for k in range(12)] + [(0.43, np.pi * (k + 0.5) / 2) for k in range(4)]
    for k, (ring, a) in enumerate(stars):
        x, y = X - 0.5 - ring * np.cos(a), Y - 0.5 - ring * np.sin(a)
        d, size = np.hypot(x, y), 0.043 if ring < 0.4 else 0.062
        petals = d - size * (0.78 + 0.22 * np.cos(8 * np.arctan2(y, x)))
        image = put(image, palette("#f5c542"), petals < 0)
        image = put(image, palette("#d03a26" if k % 2 else "#fbf0d0"), d < size * 0.42)
    for radius, colour in ((0.205, "#f5c542"), (0.19, "#a8201c"), (0.17, "#f6ead0"), (0.155, "#0f6a44")):
        image = put(image, palette(colour), away < radius)
    rays = away - 0.085 - 0.06 * np.abs((turn / np.pi * 6) % 2 - 1)
    image = put(image, gradient(palette("#fff0b0 #f5c542 #d08a1a"), away / 0.14), rays < 0)
    image = put(image, palette("#a8201c"), np.abs(away - 0.06) < 0.009)
    return border(image)


def border(image: Array) -> Array:
    """Frame the design with a plait of red and green on gold."""
    x, y = np.minimum(X, 1 - X), np.minimum(Y, 1 - Y)
    edge, along = np.minimum(x, y), np.maximum(x, y)
    frame = np.ones_like(image) * palette("#efbb3c")
    for sign, colour in ((1, "#a8201c"), (-1, "#0f6a44")):
        strand = np.abs(edge - 0.056 - sign * 0.026 * np.sin(along * 2 * np.pi * 5)) < 0.013
        frame = put(frame, palette(colour), strand)
    eyes = np.hypot(edge - 0.056, (along * 10 + 0.5) % 1 / 10 - 0.05) < 0.009
    frame = put(frame, palette("#fbf0d0"), eyes)
    frame = put(frame, palette("#16204a"), np.minimum(edge, np.abs(edge - 0.112)) < 0.014)
    return np.where((edge < BORDER)[..., None], frame, image)


def mosaic(rng: Generator) -> Array:
    """Gold stars on a night-blue vault in small glass tiles set by hand (Byzantine)."""
    seeds = tesserae(rng, TILE)
    labels, gap = cells(seeds)
    count = labels.max() + 1
    middles = np.zeros((count, 2), np.float32)
    middles[sample(labels, seeds)] = seeds
    colours = sample(vault(rng), middles) * rng.normal(1.04, 0.12, (count, 1)) + rng.normal(0, 0.03, (count, 3))
    tilt = rng.normal(0, 0.012, (count, 2))[labels]
    offset = np.stack([X, Y], axis=-1) * SIDE - middles[labels]
    stone = colours[labels] * (1 + (offset * tilt).sum(axis=2) + 0.04 * noise(rng, 14, 2))[..., None]
    gold = np.clip(colours[:, 0] - colours[:, 2] - 0.3, 0, 1)[labels] * (tilt[..., 0] > 0.008)
    stone += 0.5 * gold[..., None] * palette("#fff2c0")
    grout = palette("#5f4d3a") * (0.8 + 0.1 * noise(rng, 9, 2))[..., None]
    return to_bytes(relief(mix(grout, stone, np.clip((gap - 1) / 1.5, 0, 1)), np.clip(gap / 5, 0, 1), 0.8))


def low_poly(rng: Generator) -> Array:
    """Mountains at dusk folded from paper triangles."""
    sky = gradient(palette("#1a1850 #54308c #c0488e #f67a5a #ffc987"), Y / 0.6)
    scene = mix(sky, palette("#fff3c8"), inside(disc(0.3, 0.24, 0.1)))
    seeds = [scatter(rng, 74, margin=80)]
    for level, height, colours in (
        (0.46, 0.1, "#fff2ee #d09ac4 #7a52a4"),
        (0.6, 0.06, "#7a5cc0 #43489c #232f74"),
        (0.75, 0.04, "#2a9a8e #176a74 #0f3f5a"),
    ):
        below = ridge(rng, level, height, 520, 3)
        scene = put(scene, gradient(palette(colours), below / 0.2), below > 0)
        columns = np.arange(0, SIDE, 48) + rng.integers(0, 40, SIDE // 48)
        skyline = (Y - below)[0, np.minimum(columns, SIDE - 1)] * SIDE
        seeds += [np.stack([columns, skyline + side], axis=-1) for side in (-2, 2)]
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    seeds += [(np.stack([np.cos(turn), np.sin(turn)], axis=-1) * r + (0.3, 0.24)) * SIDE for r in (0.09, 0.11)]
    return to_bytes(paper(rng, fold(rng, scene, np.concatenate(seeds)), 0.035))


def fold(rng: Generator, scene: Array, seeds: Array) -> Array:
    """Triangulate the seeds and give every triangle one colour of the scene, lit as a fold of paper."""
    mesh = cv2.Subdiv2D((-200, -200, SIDE + 400, SIDE + 400))
    mesh.insert([(float(x), float(y)) for x, y in seeds])
    bumps = noise(rng, 90, 3)
    canvas, light = np.zeros((SIDE, SIDE, 3), np.uint8), np.zeros((SIDE, SIDE), np.uint8)
    for triangle in mesh.getTriangleList().reshape(-1, 3, 2):
        plane = np.linalg.pinv(np.c_[triangle / 60, np.ones(3)]) @ sample(bumps, triangle)
        slope = np.clip(plane[0] + plane[1], -2, 2)
        colour = sample(scene, triangle.mean(axis=0)[None])[0] * (1 + 0.13 * slope) + rng.normal(0, 0.015, 3)
        fill(canvas, triangle, np.clip(colour, 0, 1) * 255)
        fill(light, triangle, [128 + 50 * slope])
    image = relief(to_floats(canvas), cv2.GaussianBlur(to_floats(light), (0, 0), 1.5), 0.9)
    return image * (1 + 0.07 * noise(rng, 120, 4))[..., None]


def marbling(rng: Generator) -> Array:
    """Inks floated on water and drawn with a comb into feathers and whorls (ebru)."""
    inks = palette("#0d1b4c #e8243c #fff4dc #f7a81b #0f8f9c #fff4dc #d81b72 #0d1b4c #35b04a #ffd84a #6a2ab0")
    x, y = X + 0.02 * noise(rng, 500, 2), Y + 0.02 * noise(rng, 500, 2)
    for cx, cy, radius, turns in (
        (0.3, 0.3, 0.2, 3.2),
        (0.75, 0.62, 0.24, -3.6),
        (0.25, 0.82, 0.16, -2.6),
        (0.85, 0.14, 0.14, 2.6),
    ):
        spin = turns * np.exp(-((np.hypot(x - cx, y - cy) / radius) ** 2) * 1.6)
        dx, dy = x - cx, y - cy
        x, y = cx + dx * np.cos(spin) - dy * np.sin(spin), cy + dx * np.sin(spin) + dy * np.cos(spin)
    comb = np.abs((x * 11) % 2 - 1)
    y = y + 0.075 * (np.exp(-comb * 4) - np.exp(-(1 - comb) * 4)) + 0.012 * np.sin(40 * x)
    phase = y * 38 + 0.8 * noise(rng, 260, 2, stretch=2)
    band = np.floor(phase).astype(int)
    order = rng.permutation(len(inks))[band % len(inks)]
    image = inks[order]
    vein = np.minimum(phase % 1, 1 - phase % 1)
    image = mix(image, palette("#fff8e8"), 0.85 * np.clip(1.2 - vein * 14, 0, 1) * (order % 2 == 0))
    image *= (1 + 0.1 * (vein - 0.25) + 0.06 * noise(rng, 20, 4))[..., None]
    holes = noise(rng, 46, 2)
    image = mix(image, inks[4], 0.9 * np.clip((holes - 2.15) * 9, 0, 1))
    ragged = warp(image, 1.2 * noise(rng, 24, 2), 1.2 * noise(rng, 24, 2))
    return to_bytes(paper(rng, ragged, 0.025))


def kilim(rng: Generator, columns: int, rows: int) -> Array:
    """The pattern of a rug, one cell per stitch: stepped diamonds between zigzag bands, (rows, columns, 3)."""
    y, x = np.mgrid[0:rows, 0:columns]
    inks = palette("#7a1420 #e9dcc0 #14264f #c8862a #2f6a58 #b8381f #0f1426")
    u, v = np.abs(x - columns // 2), y % 34
    diamond = (np.abs((u + 12) % 24 - 12) + np.abs(v - 17)) // 2
    rug = np.array([3, 0, 1, 2, 2, 5, 0, 4, 4, 0, 0, 0, 0, 6, 6, 6])[np.minimum(diamond, 15)]
    zigzag = (np.abs(u % 8 - 4) + v) // 2 % 5
    rug = np.where((v < 6) | (v > 30), np.array([2, 1, 3, 6, 5])[zigzag], rug)
    edge = np.minimum(np.minimum(x, columns - 1 - x), np.minimum(y, rows - 1 - y))
    key = np.where((x + y) // 2 % 3 == 0, 1, np.where((x - y) // 2 % 3 == 0, 3, 2))
    rug = np.where(edge < 6, key, rug)
    rug = np.where((edge == 6) | (edge < 1), 6, rug)
    fade = rng.normal(1, 0.1, (rows, 1, 1)) * rng.normal(1, 0.07, (rows, columns, 1))
    return inks[rug] * fade


def tapestry(rng: Generator) -> Array:
    """A knitted rug of stepped diamonds, every stitch a twist of wool."""
    columns, rows = 66, 80
    u = X * columns + 0.05 * noise(rng, 90, 3)
    lean = np.abs(u % 1 - 0.5)
    v = (Y + 0.0006 * noise(rng, 60, 3)) * rows - 1.1 * lean + 0.8
    rug = kilim(rng, columns, rows)
    image = rug[np.clip(v, 0, rows - 1).astype(int), np.clip(u, 0, columns - 1).astype(int)]
    across, along = v % 1 - 0.5, np.minimum(lean, 0.5 - lean) * 4
    yarn = np.sqrt(np.clip(1 - (across * 1.9) ** 2, 0, 1)) * np.clip(along * 3.5, 0, 1) ** 0.5
    twist = 0.09 * np.sin((across * 1.6 + lean * 5 * np.sign(u % 1 - 0.5)) * 9)
    fuzz = 0.07 * noise(rng, 6, 2, gain=0.7)
    image = image * (0.22 + 0.95 * yarn + (twist + fuzz) * yarn)[..., None] * (1 + 0.05 * noise(rng, 300, 3))[..., None]
    return to_bytes(relief(image, yarn, 0.5))
