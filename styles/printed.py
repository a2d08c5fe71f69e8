"""Styles printed or drawn in line: woodcut, halftone, colour woodblock, pen hatching, neon tubes."""

import cv2
import numpy as np
from numpy.random import Generator

from .brushes import (
    SIDE,
    Array,
    X,
    Y,
    disc,
    draw,
    fill,
    glaze,
    gradient,
    inside,
    mix,
    noise,
    palette,
    paper,
    put,
    ridge,
    sample,
    scatter,
    spline,
    to_bytes,
    to_floats,
    trace,
)

DOT_PITCH = 27  # px between the dots of the halftone screens
TUBE = 11  # px, thickness of a neon tube
HATCH = 48  # px, length of a pen stroke


def carved(phase: Array, dark: Array, rng: Generator) -> Array:
    """Ink of parallel gouge lines, one per unit of phase, of which the share `dark` is left standing."""
    ridge_height = np.abs(phase % 1 - 0.5) * 2
    chatter = 0.1 * noise(rng, 26, 3)
    return np.clip(0.5 + (np.clip(dark, 0.04, 0.98) + chatter - ridge_height) * 5, 0, 1)


def carve(ink: Array, below: Array, lines: Array) -> Array:
    """Cut a nearer shape (where `below` is positive) into the block, with a black edge."""
    ink = np.where(below > 0, lines, ink)
    return np.where(np.abs(below - 0.003) < 0.004, 1, ink)


def carved_sky(rng: Generator) -> Array:
    """Ink of a sun with wood-grain rings, its rays, and clouds."""
    sun = disc(0.5, 0.4, 0)
    turn = np.arctan2(Y - 0.4, X - 0.5) * 36 / (2 * np.pi) + 0.12 * noise(rng, 200)
    ink = carved(turn, 0.2 + 0.75 * np.clip(sun * 1.6 - 0.12, 0, 1), rng)
    cloud = noise(rng, 330, 4, stretch=2.6) - 6 * (Y - 0.12)
    ink = np.where((cloud > 0.2) & (Y < 0.32), carved(cloud * 3, 0.3 + 0.3 * (cloud < 0.5), rng), ink)
    return carve(ink, 0.15 - sun, carved(sun * 70, np.full_like(sun, 0.16), rng))


def woodcut(rng: Generator) -> Array:
    """A rising sun, hills and a swelling sea carved in black on cream."""
    ink = carved_sky(rng)
    for i, level in enumerate((0.46, 0.54, 0.62)):
        below, side = ridge(rng, level, 0.045, 420, 4), (-1) ** i
        slope = below + 0.35 * side * (X + 0.04 * noise(rng, 180))
        tone = 0.35 + 0.18 * i + 0.5 * np.clip(np.gradient(below, axis=1) * 500 * side, -0.5, 0.5)
        ink = carve(ink, below, carved(slope * (58 - 8 * i), tone, rng))
    for i, level in enumerate(np.linspace(0.68, 0.99, 6)):
        swell = np.abs(np.sin((X * (4.2 - 0.4 * i) + 0.37 * i) * np.pi)) ** 0.7
        crest = Y - level + (0.016 + 0.012 * i) * swell + 0.004 * noise(rng, 150, 3)
        lines = carved(crest * (52 - 3 * i) + 0.06 * noise(rng, 300), np.clip(0.05 + crest * 9, 0, 0.85), rng)
        ink = carve(ink, crest, lines)
    frame = 0.5 - np.maximum(np.abs(X - 0.5), np.abs(Y - 0.5)) + 0.0012 * noise(rng, 50)
    ink = np.where(frame < 0.042, 1, ink) * (frame > 0.03)
    worn = 1 - 0.5 * np.clip(noise(rng, 5, 3, gain=0.9) + 0.3 * noise(rng, 160) - 1.4, 0, 1)
    ground = np.ones((SIDE, SIDE, 3), np.float32) * palette("#efe2c2")
    image = glaze(ground, palette("#17130f"), cv2.GaussianBlur(np.float32(ink), (0, 0), 1.3) * worn)
    return to_bytes(paper(rng, image, 0.025))


def dots(tone: Array, degrees: float, pitch: float) -> Array:
    """A halftone screen: round dots `pitch` px apart whose size gives the tone."""
    turn = np.radians(degrees)
    u, v = (X * np.cos(turn) + Y * np.sin(turn)) * SIDE / pitch, (Y * np.cos(turn) - X * np.sin(turn)) * SIDE / pitch
    radius = np.hypot(u % 1 - 0.5, v % 1 - 0.5)
    return np.clip(0.5 + (0.75 * np.sqrt(np.clip(tone, 0, 1)) - radius) * pitch / 2, 0, 1)


def star(x: float, y: float, spikes: int, inner: float, outer: float, rng: Generator) -> Array:
    """Outline of a jagged comic-book burst, in px."""
    turn = np.linspace(0, 2 * np.pi, 2 * spikes, endpoint=False)
    radius = np.where(np.arange(2 * spikes) % 2, inner, outer) * rng.uniform(0.85, 1.12, 2 * spikes)
    return np.stack([x + radius * np.cos(turn), y + 0.9 * radius * np.sin(turn)], axis=-1) * SIDE


def blast(rng: Generator, x: float, y: float, plates: Array, key: Array) -> None:
    """Three jagged bursts, one inside the other, on the colour plates (3, SIDE, SIDE) and the black key plate."""
    for outline, inks in (
        (star(x, y, 13, 0.27, 0.42, rng), (0, 0.92, 0.9)),
        (star(x, y, 11, 0.2, 0.31, rng), (0, 0.3, 1)),
        (star(x, y, 9, 0.1, 0.18, rng), (0, 0, 0.05)),
    ):
        shape = np.zeros_like(key)
        fill(shape, outline, [255])
        draw(key, outline, [255], 13, closed=True)
        tone = np.clip(1.25 - 1.1 * disc(x, y, 0), 0.3, 1)
        plates[:] = np.where(shape > 127, np.multiply.outer(inks, tone), plates)
    for angle in rng.uniform(0, 2 * np.pi, 26):
        start, size = rng.uniform(0.4, 0.55), rng.uniform(4, 17)
        ends = [[x + r * np.cos(angle), y + r * np.sin(angle)] for r in (start, start + rng.uniform(0, 0.04))]
        draw(key, np.float32(ends) * SIDE, [255], size)


def swell(plates: Array, key: Array) -> None:
    """Three scalloped waves in front of everything else."""
    t = np.linspace(-0.1, 1.1, 120)
    for i, level in enumerate((0.74, 0.83, 0.92)):
        crest = (
            level - 0.045 * np.abs(np.sin((t * (2.6 - 0.3 * i) + 0.3 * i) * np.pi)) ** 0.6 + 0.02 * np.sin(t * 5 + i)
        )
        below = Y - np.interp(X[0], t, crest)
        plates[:] = np.where(below > 0, [1 - 7 * below, 0.5 - 0.2 * i + below, 0 * below], plates)
        key[below > 0] = 0
        for drop, width in ((0, 15), (0.025, 7), (0.043, 4)):
            draw(key, np.stack([t, crest + drop], axis=-1) * SIDE, [255], width)


def halftone(rng: Generator) -> Array:
    """A comic-book blast over the sea: dots of red, yellow and blue under bold black lines."""
    x, y = 0.52, 0.42
    rays = np.sin(np.arctan2(Y - y, X - x) * 14 + 0.4) > 0
    away = disc(x, y, 0)
    plates = np.stack([np.where(rays, 0.75 - 0.5 * away, 0.1 + 0.25 * away), 0.06 * ~rays, 0 * away])
    key = np.zeros((SIDE, SIDE), np.uint8)
    blast(rng, x, y, plates, key)
    swell(plates, key)
    image = np.ones((SIDE, SIDE, 3), np.float32) * palette("#fbf3dc")
    for plate, degrees, ink, slip in (
        (plates[2], 0, "#ffd908", 3),
        (plates[1], 75, "#ee1c4e", -4),
        (plates[0], 15, "#0a8fdc", 5),
    ):
        screen = np.roll(dots(plate + 0.02 * noise(rng, 200), degrees, DOT_PITCH), slip, (0, 1))
        image = glaze(image, palette(ink), screen * (0.93 + 0.04 * noise(rng, 60, 3)))
    worn = 0.97 - 0.3 * np.clip(noise(rng, 9, 3, gain=0.9) - 1.5, 0, 1)
    image = glaze(image, palette("#14100e"), to_floats(key) * worn)
    return to_bytes(paper(rng, image, 0.02))


OUTER = spline([(-1.1, 1.1), (-0.8, 0.3), (-0.4, -0.3), (0.05, -0.58), (0.45, -0.5), (0.66, -0.22), (0.6, 0.04)])
INNER = spline([(1.0, 1.1), (0.42, 0.8), (0.08, 0.42), (0.02, 0.05), (0.2, -0.2), (0.44, -0.2), (0.6, 0.04)])
INDIGO, CREAM = (22, 32, 62), (243, 234, 208)


def breaker(rng: Generator, canvas: Array, x: float, y: float, size: float, mirror: int = 1) -> None:
    """A cresting wave: bands of blue from back to belly, and claws of foam along its lip."""
    place = np.float32([x, y]) * SIDE
    scale = np.float32([mirror * size, size]) * SIDE
    blues = palette("#17305e #f3ead0 #2a5590 #17305e #7fa8bc #f3ead0 #21457c #17305e #a9c4c4 #2a5590") * 255
    edges = np.linspace(0, 1, len(blues) + 1) ** 0.9
    curves = [((1 - t) * OUTER + t * INNER) * scale + place for t in edges]
    for upper, lower, blue in zip(curves, curves[1:], blues, strict=False):
        fill(canvas, np.concatenate([upper, lower[::-1]]), blue)
        draw(canvas, lower, INDIGO, 3)
    draw(canvas, curves[0], INDIGO, 6)
    lip = np.concatenate([curves[0][34:], curves[-1][:48:-1]])
    foam(rng, canvas, lip, size, mirror)


def foam(rng: Generator, canvas: Array, lip: Array, size: float, mirror: int) -> None:
    """Round puffs along a line with small hooked claws hanging from them, cream with an indigo outline."""
    puffs = [(p + rng.normal(0, 9 * size, 2), rng.uniform(14, 40) * size) for p in lip for _ in range(2)]
    hook = spline([(0, 0), (0.5, 0.25), (0.75, 0.8), (0.5, 1.2)], 12)
    claws = []
    for p in lip[6::2]:
        reach = rng.uniform(45, 90) * size * np.float32([mirror, 1])
        claws.append(p + (hook + rng.normal(0, 0.06, (1, 2))) * reach)
    for colour, grow in ((INDIGO, 4), (CREAM, 0)):
        for claw in claws:
            for i, point in enumerate(claw):
                draw(canvas, np.stack([point, point]), colour, 2 * (17 * size * (1 - i / 14) + grow))
        for point, radius in puffs:
            draw(canvas, np.stack([point, point]), colour, 2 * (radius + grow))
    for point, radius in puffs[::3]:
        arc = np.linspace(0.3, 2.2, 8) + rng.uniform(0, 1)
        draw(canvas, point + 0.6 * radius * np.stack([np.cos(arc), np.sin(arc)], axis=-1), (120, 156, 178), 3)


def ukiyo_e(rng: Generator) -> Array:
    """Great waves with claws of foam before a far white mountain, as a colour woodblock print."""
    sky = gradient(palette("#5f7f9a #b8c4b4 #e8d9b0 #efd9a8 #e8b98a"), Y / 0.62 + 0.02 * noise(rng, 300, 3, stretch=4))
    sky = mix(sky, palette("#d8432e"), inside(disc(0.77, 0.2, 0.085)))
    for level, sway in ((0.28, 0.0), (0.4, 2.0)):
        band = np.abs(Y - level - 0.02 * np.sin(9 * X + sway)) - 0.016 * np.clip(np.sin(4.4 * X + sway), 0, 1)
        sky = mix(sky, palette("#f3ead0"), 0.9 * inside(band))
    slope = Y - 0.4 - 0.95 * np.abs(X - 0.66) ** 1.25
    sky = put(sky, gradient(palette("#42597c #6f87a0 #a9b8b4"), (Y - 0.4) / 0.25), slope > 0)
    cap = (slope > 0) & (0.5 - 0.045 * np.abs((X * 22) % 2 - 1) + 0.01 * noise(rng, 60) > Y)
    sky = put(sky, palette("#f6efdc"), cap)
    canvas = to_bytes(sky)
    edge = np.linspace(0.3, 1.02, 60)
    draw(canvas, np.stack([edge, 0.4 + 0.95 * np.abs(edge - 0.66) ** 1.25], axis=-1) * SIDE, INDIGO, 4)
    for x, y, size, mirror in (
        (0.95, 0.72, 0.25, -1), (0.55, 0.78, 0.22, 1), (0.28, 0.5, 0.62, 1), (0.92, 0.92, 0.36, -1),
        (0.42, 1.0, 0.3, 1), (0.1, 1.02, 0.36, 1), (0.74, 1.1, 0.3, 1),
    ):  # fmt: skip
        breaker(rng, canvas, x, y, size, mirror)
    for point in rng.uniform((0.3, 0.2), (0.75, 0.62), (90, 2)) * SIDE:
        draw(canvas, np.stack([point, point]), CREAM, rng.uniform(3, 11))
    wood = noise(rng, 60, 5, gain=0.7, stretch=14)
    image = to_floats(canvas) * (1 + 0.035 * wood)[..., None]
    worn = 0.22 * np.clip(noise(rng, 5, 3, gain=0.9) - 0.6, 0, 1)
    return to_bytes(paper(rng, mix(image, palette("#efe2c0"), worn), 0.02))


BOULDERS = (
    (0.84, 0.62, 0.09),
    (0.54, 0.61, 0.075),
    (0.28, 0.66, 0.2),
    (0.66, 0.8, 0.15),
    (0.1, 0.9, 0.07),
)  # x, y, radius


def lit_hills(rng: Generator) -> tuple[Array, Array, list[Array]]:
    """A scene to hatch: tone (0 dark to 1 light), direction in which the surfaces curve, outlines (N, 2) in px."""
    tone = 0.55 + 1.3 * Y + 0.3 * np.clip(noise(rng, 300, 4, stretch=2.4), -0.6, 1)
    bend, outlines = 0.12 * noise(rng, 400, 3), []
    for level, height, light, lean in ((0.36, 0.05, 0.92, 0.9), (0.46, 0.045, 0.82, -0.7), (0.56, 0.02, 1.12, 0.0)):
        below = ridge(rng, level, height, 460, 4)
        shade = light - 0.75 * np.clip(below, 0, 0.3) ** 0.7 + 0.14 * noise(rng, 180, 3, stretch=0.6)
        tone = np.where(below > 0, shade, tone)
        bend = np.where(below > 0, lean + 0.25 * noise(rng, 200, 2), bend)
        outlines.append(np.stack([X[0], (Y - below)[0]], axis=-1)[::6] * SIDE)
    for x, y, radius in BOULDERS:
        shadow = np.hypot((X - x - radius) / 2.2, (Y - y - 0.82 * radius) * 2.4) - 0.55 * radius
        u, v = (X - x) / radius, (Y - y) / radius
        height = np.sqrt(np.clip(1 - u * u - v * v, 0, 1))
        light = 1.25 * np.clip(-0.6 * u - 0.6 * v + 0.55 * height, 0, 1) + 0.22 * np.clip(u + v, 0, 1)
        tone = np.where(height > 0, light, tone - 0.7 * inside(shadow, 0.05))
        bend = np.where(height > 0, -0.8 + 0.65 * (v - u), bend)
    return tone, bend, outlines


def crosshatch(rng: Generator) -> Array:
    """Hills and boulders shaded with layer over layer of pen strokes, in sepia."""
    tone, bend, outlines = lit_hills(rng)
    ink = np.zeros((SIDE, SIDE), np.uint8)
    for line in outlines:
        draw(ink, line, [220], 4)
    for x, y, radius in BOULDERS:
        ring = np.hypot(X - x, Y - y) - radius + 0.0012 * noise(rng, 60)
        ink = np.where(ring < 0, 0, ink)
        ink = np.maximum(ink, np.uint8(220 * inside(np.abs(ring) - 0.0016)))
    slant, steep, upright = (np.full((SIDE, SIDE), turn) for turn in (-0.75, 0.6, 1.5))
    for threshold, angle in ((0.92, bend), (0.7, slant), (0.5, bend + 1.2), (0.32, steep), (0.15, upright)):
        paths = trace(scatter(rng, 15, margin=20), angle + 0.05 * noise(rng, 200), HATCH)
        depth = threshold - sample(tone, paths[:, (0, 6, 11)]).max(axis=1) + rng.normal(0, 0.04, len(paths))
        for path, thickness in zip(paths[depth > 0], 1.7 + 3.5 * depth[depth > 0], strict=True):
            draw(ink, path, [rng.integers(160, 255)], min(thickness, 4))
    image = gradient(palette("#e6d2a4 #f6eacc"), 0.5 + 0.25 * noise(rng, 400, 4))
    stain = 0.14 * np.clip(0.6 * noise(rng, 340, 4), 0, 1)
    wash = np.clip(0.65 - tone, 0, 0.55) * (0.8 + 0.15 * noise(rng, 120, 4))
    image = glaze(glaze(image, palette("#b06a2a"), stain + wash), palette("#2a140a"), 0.93 * to_floats(ink))
    return to_bytes(paper(rng, image, 0.02))


def tube_sign() -> Array:
    """Bent glass tubes on black: a palm, a sun, a cocktail, stars and waves, (SIDE, SIDE, 3) uint8."""
    pink, cyan, amber, violet, lime = palette("#ff2f8e #22e6ff #ffb52a #9a4dff #8dff3a") * 255
    canvas = np.zeros((SIDE, SIDE, 3), np.uint8)
    turn, t = np.linspace(0, 2 * np.pi, 61), np.linspace(0.06, 0.94, 120)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    trunk = spline([(0.3, 0.8), (0.31, 0.62), (0.28, 0.45), (0.22, 0.3)])
    tubes = [(0.2 * ring + (0.63, 0.34), amber), (trunk, amber), (trunk + (0.035, 0), amber)]
    for y in (0.3, 0.37, 0.44, 0.5):
        half = np.sqrt(0.185**2 - (y - 0.34) ** 2) - 0.02
        tubes.append([[(0.63 - half, y), (0.63 + half, y)], pink])
    for dx, dy in ((-0.17, 0.06), (-0.14, -0.1), (0.0, -0.17), (0.16, -0.11), (0.19, 0.05), (0.1, 0.17), (-0.1, 0.19)):
        frond = spline([(0.23, 0.29), (0.23 + 0.6 * dx, 0.25 + 0.6 * dy), (0.23 + dx, 0.3 + dy)], 20)
        tubes += [(frond, lime), (frond + (0.012, 0.022), lime)]
    for k, colour in enumerate((cyan, violet, cyan)):
        tubes.append((np.stack([t, 0.83 + 0.045 * k + 0.014 * np.sin(38 * t + 1.4 * k)], axis=-1), colour))
    tubes.append(([(0.55, 0.58), (0.87, 0.58), (0.71, 0.7), (0.55, 0.58)], cyan))
    tubes += [([(0.71, 0.7), (0.71, 0.785)], cyan), ([(0.62, 0.79), (0.8, 0.79)], cyan)]
    tubes += [(0.022 * ring + (0.66, 0.61), lime), ([(0.69, 0.64), (0.84, 0.5)], pink)]
    tubes.append(([(0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95), (0.05, 0.05)], violet))
    spikes = 0.03 * np.where(np.arange(11) % 2, 0.4, 1.0)[:, None] * ring[::6]
    tubes += [(spikes + at, pink) for at in ((0.46, 0.14), (0.88, 0.14), (0.86, 0.3), (0.43, 0.52), (0.12, 0.62))]
    for points, colour in tubes:
        draw(canvas, np.float32(points) * SIDE, colour, TUBE)
    return canvas


def brick_wall(rng: Generator) -> Array:
    """How light each spot of a brick wall is."""
    rows = Y * 24 + 0.03 * noise(rng, 100, 3)
    columns = X * 9 + 0.5 * (np.floor(rows) % 2) + 0.02 * noise(rng, 100, 3)
    seam = np.minimum(np.minimum(rows % 1, 1 - rows % 1) / 24, np.minimum(columns % 1, 1 - columns % 1) / 9)
    each = rng.uniform(0.5, 1.1, (26, 12))[np.floor(rows).astype(int), np.floor(columns).astype(int)]
    return np.clip((0.3 + (seam > 0.0035) * each) * (1 + 0.22 * noise(rng, 16, 4, gain=0.8)), 0.05, 1.6)


def neon(rng: Generator) -> Array:
    """Neon tubes at night, glowing on a brick wall."""
    sign = to_floats(tube_sign())
    glow = sum(
        weight
        * cv2.resize(
            cv2.GaussianBlur(cv2.resize(sign, (300, 300), interpolation=cv2.INTER_AREA), (0, 0), sigma), (SIDE, SIDE)
        )
        for sigma, weight in ((3, 0.55), (9, 0.9), (30, 1.5))
    )
    wall = brick_wall(rng)[..., None] * (glow * 0.95 + palette("#0a0a1c") * 0.6)
    cast = np.roll(cv2.GaussianBlur(sign.max(axis=2), (0, 0), 9), (26, 16), (0, 1))
    wall *= 1 - 0.55 * np.clip(cast * 2, 0, 1)[..., None]
    core = cv2.GaussianBlur(sign.max(axis=2), (0, 0), 2.2) ** 2.2
    image = wall + 0.45 * cv2.GaussianBlur(sign, (0, 0), 6) + mix(sign, np.float32([1, 1, 0.96]), 0.72 * core)
    return to_bytes(1 - np.exp(-1.35 * image) + 0.012 * noise(rng, 3, 2)[..., None])
