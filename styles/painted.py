"""Styles laid down with brush, chalk or wash."""

import cv2
import numpy as np
from numpy.random import Generator

from .brushes import (
    SIDE,
    Array,
    Brush,
    X,
    Y,
    blank,
    border_distance,
    curl_angle,
    disc,
    draw,
    glaze,
    gradient,
    inside,
    lit_paint,
    mix,
    noise,
    paint_over,
    palette,
    paper,
    put,
    relief,
    ridge,
    sample,
    scatter,
    spline,
    to_bytes,
    to_floats,
    weave,
)

CUBIST_TURNS = (0.2, 0.9, 1.5, 2.3, 2.9)  # rad, the few directions that give a cubist picture its order
LILIES = ((0.2, 0.22), (0.75, 0.16), (0.55, 0.36), (0.12, 0.5), (0.85, 0.47), (0.42, 0.64), (0.78, 0.76), (0.2, 0.86))


def flow_brush(rng: Generator) -> Array:
    """Long curved oil strokes that stream around whirlpools, cobalt and ochre."""
    colours = palette("#08122e #12306b #1f5fa8 #5fa3c7 #dfe3c0 #f2c14e #d98a1f #8a4a14 #1a2a52 #0c1a40")
    stream = noise(rng, 620, 3, gain=0.4)
    for x, y, radius, turn in ((0.3, 0.3, 0.13, 4), (0.72, 0.6, 0.17, -5), (0.2, 0.8, 0.1, 3), (0.8, 0.15, 0.1, 3)):
        stream += turn * np.exp(-(((X - x) ** 2 + (Y - y) ** 2) / radius**2))
    angle = curl_angle(stream)
    bands = 0.5 + 0.5 * np.sin(1.7 * stream + 0.35 * noise(rng, 300, 4))
    target = gradient(colours, bands)
    canvas = blank(colours[1])
    for width, length, spacing in ((52, 420, 46), (30, 330, 30), (18, 240, 27)):
        paint_over(rng, canvas, target, angle, Brush(width, length, spacing, bristles=9, jitter=0.07, streak=0.06))
    return to_bytes(weave(rng, lit_paint(canvas, 0.8), amount=0.03))


def impasto(rng: Generator) -> Array:
    """A sun going down over the sea in short, thick daubs."""
    sky = palette("#2a1a4a #6a2468 #b8325e #e8553c #f78f2e #fdc44a #ffe89a")
    sea = palette("#f0803c #a8385a #56306e #23264f #101a38")
    sun_x, horizon = 0.6, 0.6
    glow = np.clip(1.05 - 1.25 * np.hypot(X - sun_x, 1.25 * (Y - horizon + 0.1)), 0, 1)
    target = gradient(sky, glow + 0.07 * noise(rng, 260, 4, stretch=3))
    target = mix(target, palette("#fff6cf"), inside(disc(sun_x, horizon - 0.1, 0.075)))
    depth = np.clip((Y - horizon) / (1 - horizon), 0, 1)
    water = gradient(sea, depth**0.7 + 0.09 * noise(rng, 120, 3, stretch=5))
    sparkle = np.clip(0.75 + 0.5 * noise(rng, 60, 2, stretch=4), 0, 1)
    glitter = np.exp(-(((X - sun_x) / (0.05 + 0.13 * depth)) ** 2)) * sparkle
    target = put(target, mix(water, palette("#ffd267"), glitter), horizon < Y)
    around = np.arctan2(Y - horizon + 0.1, X - sun_x) + np.pi / 2
    angle = np.where(horizon < Y, 0.12 * noise(rng, 120), around + 0.35 * noise(rng, 200))
    canvas = blank(palette("#6a2a4a")[0])
    for width, length, spacing in ((60, 130, 42), (38, 84, 27)):
        paint_over(rng, canvas, target, angle, Brush(width, length, spacing, bristles=7, jitter=0.06, streak=0.05))
    return to_bytes(lit_paint(cv2.GaussianBlur(canvas, (0, 0), 1), 2.6))


def park(rng: Generator) -> Array:
    """The picture under the dots: a river bank with trees, shade and a few parasols."""
    lawn = gradient(palette("#d8d860 #8fbf4a #4f9a3c"), (Y - 0.45) / 0.55 + 0.08 * noise(rng, 200))
    scene = np.where((Y < 0.45)[..., None], gradient(palette("#8fc4ee #d4e6f2 #fbe8c4"), Y / 0.45), lawn)
    far = ridge(rng, 0.4, 0.02, 160)
    scene = mix(scene, palette("#6f9fb0"), inside(-far) * (Y < 0.46))
    river = np.abs(X - 0.12 - 0.9 * (Y - 0.45)) - 0.05 - 0.32 * (Y - 0.45)
    water = gradient(palette("#4f8fd0 #a9d4ee"), 0.5 + 0.3 * noise(rng, 60, 3, stretch=5))
    scene = put(scene, water, (river < 0) & (Y > 0.45))
    scene = mix(scene, palette("#27604a"), inside(disc(0.85, 0.98, 0.3) + 0.03 * noise(rng, 150), 0.05))
    for x, y, radius in ((0.83, 0.22, 0.22), (0.98, 0.36, 0.2), (0.62, 0.33, 0.1), (0.06, 0.3, 0.13)):
        crown = disc(x, y, radius) + 0.03 * noise(rng, 120)
        light = np.clip(0.5 - 2.2 * (X - x + Y - y) + 0.15 * noise(rng, 80), 0, 1)
        scene = mix(scene, palette("#5a3a3e"), inside(np.abs(X - x) - 0.06 * radius) * (y < Y) * (y + 2.1 * radius > Y))
        scene = mix(scene, gradient(palette("#1d3f52 #2f7a48 #a6c84a"), light), inside(crown))
    for x, y, size, colour in (
        (0.5, 0.62, 0.055, "#e8483a"),
        (0.64, 0.8, 0.075, "#f5893a"),
        (0.3, 0.53, 0.03, "#e86a9a"),
    ):
        scene = mix(scene, palette("#34285a"), inside(np.hypot((X - x) * 2.6, Y - y - size) - size))
        scene = mix(scene, palette(colour), inside(disc(x, y, size)) * (y > Y))
    return scene


def pointillism(rng: Generator) -> Array:
    """A summer park in small dabs of pure colour, each answered by its complement."""
    target = park(rng)
    canvas = np.full((SIDE, SIDE, 3), (236, 226, 200), np.uint8)
    for radius, spacing in ((12, 17), (10, 15), (8, 17)):
        points = scatter(rng, spacing)
        hls = cv2.cvtColor(sample(target, points)[None], cv2.COLOR_RGB2HLS)[0]
        complement = rng.random(len(points)) < 0.11
        hls[:, 0] = (hls[:, 0] + rng.normal(0, 13, len(points)) + 180 * complement) % 360
        hls[:, 1] = np.clip(hls[:, 1] + rng.normal(0, 0.055, len(points)), 0.08, 0.95)
        hls[:, 2] = np.clip(hls[:, 2] * 1.3 + 0.1, 0, 1)
        colours = cv2.cvtColor(np.float32(hls)[None], cv2.COLOR_HLS2RGB)[0] * 255
        for point, colour in zip(points, colours, strict=True):
            lean = rng.normal(0, 2, 2)
            draw(canvas, np.stack([point - lean, point + lean]), colour, 2 * radius * rng.uniform(0.7, 1.1))
    image = to_floats(canvas)
    return to_bytes(weave(rng, relief(image, image.mean(axis=2), 0.3), amount=0.02))


def ink_wash(rng: Generator) -> Array:
    """Mountains in mist on rice paper, a branch of pine, and a red seal (sumi-e)."""
    image = np.ones((SIDE, SIDE, 3), np.float32) * palette("#efe8d8")
    sun = disc(0.68, 0.17, 0.07) + 0.0015 * noise(rng, 40, 4)
    image = glaze(image, palette("#d8402c"), inside(sun, 0.004) * (0.8 + 0.08 * noise(rng, 60, 4)))
    ink = palette("#14161b")
    for i, level in enumerate((0.44, 0.55, 0.7, 0.86)):
        below = ridge(rng, level, 0.06 - 0.006 * i, 520, 7) - (0.15 - 0.02 * i) * np.cos(5 * X + 2.4 * i)
        fade = np.exp(-np.maximum(below, 0) / (0.07 + 0.035 * i)) * (1 + 0.22 * noise(rng, 200, 5))
        folds = np.clip(noise(rng, 90, 5, stretch=0.35) - 0.25, 0, 1.2) * np.exp(-np.maximum(below, 0) / 0.13)
        rim = np.exp(-((below / 0.005) ** 2)) * np.clip(0.45 + 0.5 * noise(rng, 160), 0, 1)
        wash = inside(-below, 0.004) * (fade * (0.34 + 0.19 * i) + folds * (0.12 + 0.16 * i)) + rim * (0.15 + 0.18 * i)
        image = glaze(image, ink, np.clip(wash, 0, 0.96))
    image = glaze(image, ink, pine(rng))
    seal = inside(np.maximum(np.abs(X - 0.91), np.abs(Y - 0.9)) - 0.034 + 0.001 * noise(rng, 20))
    marks = inside(np.abs(((X * 46 + 0.6 * np.sin(Y * 160)) % 1) - 0.5) - 0.22, 0.2)
    image = mix(image, palette("#c03022"), seal * (0.95 - 0.75 * marks))
    return to_bytes(paper(rng, image - 0.02 * np.abs(noise(rng, 14, 2, stretch=8))[..., None], 0.025))


def pine(rng: Generator) -> Array:
    """How dark the ink of a pine branch is, reaching in from the upper left."""
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    for knots, width in (
        (((-30, 60), (140, 150), (300, 150), (470, 250), (600, 250)), 34),
        (((140, 150), (200, 260), (190, 350), (250, 450)), 18),
        (((300, 150), (400, 90), (520, 110)), 15),
        (((-30, 250), (60, 300), (70, 420)), 16),
    ):
        path = spline(knots, 40) + noise(rng, 40, 2)[:40, :2] * 3
        for i, thickness in enumerate(np.linspace(width, 5, 39)):
            draw(canvas, path[i : i + 2], [rng.integers(190, 250)], thickness)
        for tuft in path[10::7] + rng.normal(0, 14, path[10::7].shape):
            for needle in rng.uniform(-2.9, -0.2, 38):
                tip = tuft + rng.uniform(40, 90) * np.array([np.cos(needle), np.sin(needle)])
                draw(canvas, np.stack([tuft, tip]), [rng.uniform(110, 245)], 2)
    dry = np.clip(0.9 + 0.22 * noise(rng, 12, 3), 0.3, 1)
    return cv2.GaussianBlur(to_floats(canvas), (0, 0), 1.2) * dry


class Sheet:
    """A sheet of watercolour paper that is washed over and over."""

    def __init__(self, rng: Generator) -> None:
        self.rng = rng
        self.image = np.ones((SIDE, SIDE, 3), np.float32) * palette("#fcf8ee")
        self.wobble = cv2.copyMakeBorder(noise(rng, 240, 6, gain=0.5), 0, SIDE, 0, SIDE, cv2.BORDER_REFLECT)
        self.grain = noise(rng, 7, 3, gain=0.8)

    def wash(self, distance: Array, colour: Array, strength: float, rough: float, box: tuple = np.s_[:, :]) -> None:
        """Flood the inside of a shape in a window: pigment pools at its rim and in the hollows of the paper."""
        d = distance + rough * self.cloud(box)
        pool = 0.66 + 0.22 * self.cloud(box) + 0.5 * np.exp(np.minimum(d, 0) / 0.006) + 0.1 * self.grain[box]
        self.image[box] = glaze(self.image[box], colour, inside(d, 0.003) * np.clip(strength * pool, 0, 0.97))

    def cloud(self, box: tuple) -> Array:
        """Noise for the pixels of a window, other noise every time."""
        top, left = self.rng.integers(0, SIDE, 2)
        return self.wobble[top : top + SIDE, left : left + SIDE][box]

    def blot(self, x: float, y: float, radius: float, colour: Array, strength: float, rough: float) -> None:
        """Wash a round patch with a rough outline."""
        reach = radius + 4 * rough
        rows, columns = (slice(max(int((c - reach) * SIDE), 0), int((c + reach) * SIDE) + 2) for c in (y, x))
        box = rows, columns
        self.wash(np.hypot(X[box] - x, Y[box] - y) - radius, colour, strength, rough, box)

    def flower(self, x: float, y: float, size: float, inks: Array) -> None:
        """Five overlapping petals round a dark eye, on a stem that reaches the lower edge."""
        stem = np.abs(X - x - self.rng.normal(0, 0.2) * (Y - y) ** 2) - 0.003 - 0.012 * size * (3 + 4 * (Y - y))
        self.wash(np.maximum(stem, y - Y), palette("#3f7a3a #5f9a3f #2f6a5a")[self.rng.integers(3)], 0.85, 0.002)
        for turn in np.linspace(0, 2 * np.pi, 6)[:-1] + self.rng.uniform(0, 6):
            at = x + 0.55 * size * np.cos(turn), y + 0.45 * size * np.sin(turn)
            self.blot(*at, 0.55 * size, self.rng.choice(inks), self.rng.uniform(0.5, 0.85), 0.1 * size)
        self.blot(x, y, 0.17 * size, palette("#1a1428")[0], 0.95, 0.05 * size)


def watercolour(rng: Generator) -> Array:
    """Poppies and cornflowers in transparent washes with dark rims, wet in wet."""
    sheet = Sheet(rng)
    reds, blues = palette("#f0301c #f4682a #dc2440"), palette("#2444c0 #5a3fb8 #3a82d8")
    mixed = palette("#f7b42a #d05aa0")
    for ink in palette("#86c0e0 #f7d27a #b0d890 " * 3):
        x, y, radius = rng.uniform((0, 0, 0.12), (1, 1, 0.3))
        sheet.blot(x, y, radius, ink, 0.55, 0.06)
    for x, y, size, inks in (
        (0.9, 0.42, 0.055, mixed), (0.07, 0.3, 0.06, blues), (0.47, 0.14, 0.06, mixed), (0.93, 0.13, 0.07, blues),
        (0.27, 0.3, 0.17, reds), (0.68, 0.36, 0.2, reds), (0.44, 0.62, 0.13, blues), (0.85, 0.7, 0.12, reds),
        (0.14, 0.62, 0.1, blues), (0.63, 0.82, 0.08, mixed), (0.3, 0.84, 0.08, reds), (0.08, 0.87, 0.06, mixed),
    ):  # fmt: skip
        sheet.flower(x, y, size, inks)
    for x, y in rng.random((60, 2)):
        sheet.blot(x, y, rng.gamma(2, 0.002), rng.choice([*reds, *blues]), 0.7, 0.0005)
    return to_bytes(relief(paper(rng, sheet.image, 0.02), 0.5 + 0.08 * sheet.grain, 0.3))


def pond(rng: Generator) -> Array:
    """The picture under the chalk: lilies afloat on water that mirrors the evening sky and willows."""
    sky = palette("#35549f #6a9ad8 #f2b8b0 #f7d9b0 #8f7fd0 #3f7a9f #253a70")
    water = gradient(sky, Y + 0.1 * noise(rng, 420, 4, stretch=2))
    willow = np.clip(1.3 * noise(rng, 330, 4, stretch=0.3) - 0.3 + np.abs(X - 0.5), 0, 0.9)
    water = mix(water, gradient(palette("#1c4a4a #3f7f4f"), 0.5 + 0.5 * noise(rng, 80)), willow)
    for x, y in LILIES:
        for dx, dy in rng.normal(0, (0.1, 0.03), (4, 2)) * (0.6 + y):
            size = 0.035 + 0.065 * y
            pad = np.hypot(X - x - dx, 2.6 * (Y - y - dy)) - size
            leaf = gradient(palette("#d8f08a #6fbf5a #1f6a4a"), 0.5 + (Y - y - dy + 0.4 * (X - x - dx)) / size)
            water = mix(water * (1 - 0.4 * inside(pad - 0.01, 0.02))[..., None], leaf, inside(pad, 0.006))
        petal_length = 0.5 * size * (1 + 0.3 * np.cos(9 * np.arctan2(Y - y, X - x)))
        bloom = np.hypot(X - x, 1.3 * (Y - y + 0.4 * size)) - petal_length
        petals = gradient(palette("#fffbe8 #ffb0c4 #e0307a"), 0.6 + (Y - y) / size)
        water = mix(water, petals, inside(bloom, 0.006))
    return water


def pastel(rng: Generator) -> Array:
    """A lily pond in soft, chalky scribbles on dark toned paper."""
    target, ground = pond(rng), palette("#4a3f52")[0]
    angle = 0.3 * noise(rng, 300, 3) + 0.25 * noise(rng, 40, 2)
    canvas = blank(ground)
    for width, length, spacing in ((34, 100, 27), (16, 64, 16), (9, 40, 16)):
        paint_over(rng, canvas, target, angle, Brush(width, length, spacing, bristles=5, jitter=0.055, streak=0.05))
    tooth = 0.42 + 0.2 * noise(rng, 7, 2, gain=0.7)
    chalk = to_floats(cv2.GaussianBlur(canvas, (0, 0), 1.5))
    cover = np.clip(0.5 + 2.2 * (0.3 + 0.7 * chalk[..., 3] - tooth), 0.45, 1)
    return to_bytes(paper(rng, mix(np.ones_like(target) * ground, chalk[..., :3] * 1.1, cover), 0.02))


def colour_fields(rng: Generator) -> Array:
    """Stacked, soft-edged rectangles that glow dark red and orange through thin, brushed paint."""
    target = np.ones((SIDE, SIDE, 3), np.float32) * palette("#6a1218") * (1 + 0.08 * noise(rng, 300, 4))[..., None]
    for top, bottom, colours in (
        (0.055, 0.46, "#f79a24 #f0701a #e0501a"),
        (0.495, 0.61, "#1a0a1c #34101e #120612"),
        (0.645, 0.95, "#d8261c #b01224 #e8452a"),
    ):
        box = np.maximum(np.abs(X - 0.5) - 0.43, np.abs(Y - (top + bottom) / 2) - (bottom - top) / 2)
        body = gradient(palette(colours), 0.5 + 0.28 * noise(rng, 300, 5, stretch=2))
        target = mix(target, body, 0.97 * inside(box + 0.004 * noise(rng, 60, 5), 0.02))
    canvas = blank(palette("#3a0c10")[0])
    angle = 0.12 * noise(rng, 300, 3)
    for width, length, spacing in ((90, 260, 60), (60, 150, 42), (34, 90, 40)):
        paint_over(rng, canvas, target, angle, Brush(width, length, spacing, bristles=24, jitter=0.035, streak=0.05))
    thin = 0.45 + 0.3 * np.clip(0.5 + noise(rng, 200, 5), 0, 1)
    return to_bytes(weave(rng, 1.06 * mix(target, lit_paint(canvas, 0.4), thin), amount=0.06))


def facets(rng: Generator) -> Array:
    """The plane cut by a dozen lines, most of which end somewhere: the number of each point's facet."""
    labels = np.zeros((SIDE, SIDE), np.int64)
    for _ in range(11):
        turn, x, y = rng.choice(CUBIST_TURNS) + rng.normal(0, 0.1), *rng.uniform(0.15, 0.85, 2)
        u, v = (X - x) * np.cos(turn) + (Y - y) * np.sin(turn), (Y - y) * np.cos(turn) - (X - x) * np.sin(turn)
        labels = labels * 2 + ((u > 0) & (np.abs(v) < rng.uniform(0.2, 0.6)))
    return labels


def cubist(rng: Generator) -> Array:
    """A guitar and a bottle broken into overlapping facets, brown, grey and green."""
    labels = facets(rng)
    slip = [0.045 * np.sin(labels * k % 17) for k in (1.3, 2.1)]
    what = still_life(X + slip[0], Y + slip[1])
    labels = np.unique(labels * 8 + what, return_inverse=True)[1].reshape(SIDE, SIDE)
    area = np.bincount(labels.ravel())
    turns = rng.choice(CUBIST_TURNS, len(area)) + rng.normal(0, 0.1, len(area))
    tones = rng.uniform(-0.3, 0.3, len(area))
    along = X * np.cos(turns[labels]) + Y * np.sin(turns[labels])
    middle = np.bincount(labels.ravel(), along.ravel()) / area
    shade = 0.5 + tones[labels] + (along - middle[labels]) * 0.75 * SIDE / np.sqrt(area)[labels]
    grounds = (
        "#1f2226 #55606a #a8a898 #e8dfc4",
        "#3a1f0e #a8622a #e0a858 #fbe2a8",
        "#0e0c0a #2a1f18 #6a4a30",
        "#0f2a22 #2f6a52 #8fb48a #e4ecc8",
    )
    target = np.select([(what == i)[..., None] for i in range(4)], [gradient(palette(g), shade) for g in grounds])
    border = border_distance(labels)
    target = target * (1 - 0.5 * np.exp(-border / 14) * (tones[labels] > 0))[..., None]
    canvas = blank(palette("#4a3f30")[0])
    for width, length, spacing in ((36, 80, 28), (18, 44, 17)):
        brush = Brush(width, length, spacing, bristles=8, jitter=0.035, streak=0.04)
        paint_over(rng, canvas, target, turns[labels] + np.pi / 2, brush)
    image = mix(target, lit_paint(canvas, 1.0), np.full((SIDE, SIDE), 0.7, np.float32))
    line = 0.85 * np.exp(-((border / 3) ** 2)) * np.clip(noise(rng, 140) + 1, 0, 1)
    return to_bytes(weave(rng, glaze(image, palette("#14100c"), line), amount=0.035))


def still_life(x: Array, y: Array) -> Array:
    """What each point belongs to: 0 background, 1 guitar, 2 strings and sound hole, 3 bottle."""
    u, v = 0.78 * (x - 0.42) - 0.62 * (y - 0.6), 0.62 * (x - 0.42) + 0.78 * (y - 0.6)
    body = np.minimum(np.hypot(u + 0.13, v) - 0.23, np.hypot(u - 0.16, v) - 0.175)
    neck = np.maximum(np.abs(v) - 0.035, np.abs(u - 0.45) - 0.25)
    head = np.maximum(np.abs(v) - 0.06, np.abs(u - 0.69) - 0.05)
    guitar = np.minimum(np.minimum(body, neck), head)
    strings = np.maximum(np.abs((v * 60) % 1 - 0.5) - 0.16, np.maximum(np.abs(v) - 0.025, np.abs(u - 0.25) - 0.45))
    dark = np.minimum(
        np.minimum(np.hypot(u - 0.04, v) - 0.08, strings), np.maximum(np.abs(u + 0.2) - 0.018, np.abs(v) - 0.1)
    )
    bottle = np.maximum(np.abs(x - 0.8) - 0.095, np.abs(y - 0.66) - 0.22)
    spout = np.maximum(np.abs(x - 0.8) - 0.035, np.abs(y - 0.36) - 0.1)
    return np.select([(dark < 0) & (guitar < 0), guitar < 0, np.minimum(bottle, spout) < 0], [2, 1, 3], 0)
