"""How long the last frame of an animated WebP or PNG is shown, which FFmpeg's writers do not put down.

Nothing comes after that frame, so they give it as long as the others had; a loop that rests at its end would not.
"""

import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, NamedTuple

MOST = 65535  # of two bytes
WEBP_MOST = 0xFFFFFF  # ms, of three bytes


class Chunk(NamedTuple):
    """A part of a WebP or PNG file: its name, and where its data begin and how long they are, in bytes."""

    name: bytes
    start: int
    length: int


def hold_last(path: Path, end: Fraction) -> None:
    """Have the last frame of an animation last until `end`, s after the first began; other files stay as they are."""
    with open(path, "r+b") as file:
        head = file.read(12)
        if head.startswith(b"\x89PNG"):
            hold_png(file, end)
        elif head.startswith(b"RIFF") and head.endswith(b"WEBP"):
            hold_webp(file, end)


def hold_webp(file: BinaryIO, end: Fraction) -> None:
    """Frames are chunks named ANMF, with the milliseconds from byte 12 on."""
    places = [chunk.start + 12 for chunk in chunks(file, 12, "little") if chunk.name == b"ANMF"]
    if not places:
        return
    shown = [int.from_bytes(read_at(file, place, 3), "little") for place in places]
    left = round(1000 * end) - sum(shown[:-1])
    if left > 0:
        write_at(file, places[-1], min(left, WEBP_MOST).to_bytes(3, "little"))


def hold_png(file: BinaryIO, end: Fraction) -> None:
    """Frames have a chunk named fcTL, with a fraction of a second from byte 20 on, and a checksum after the data."""
    controls = [chunk for chunk in chunks(file, 8, "big") if chunk.name == b"fcTL"]
    if not controls:
        return
    left = end - sum(delay(read_at(file, control.start + 20, 4)) for control in controls[:-1])
    if left > 0:
        last = controls[-1]
        held = left.limit_denominator(max(1, int(MOST / max(left, Fraction(1)))))  # so that both parts fit
        numerator, denominator = min(held.numerator, MOST), held.denominator
        write_at(file, last.start + 20, numerator.to_bytes(2, "big") + denominator.to_bytes(2, "big"))
        checksum = zlib.crc32(last.name + read_at(file, last.start, last.length))
        write_at(file, last.start + last.length, checksum.to_bytes(4, "big"))


def delay(parts: bytes) -> Fraction:
    """Of a PNG's frame, s: two bytes over two, of which 0 stands for 100."""
    return Fraction(int.from_bytes(parts[:2], "big"), int.from_bytes(parts[2:], "big") or 100)


def chunks(file: BinaryIO, start: int, order: str) -> Iterator[Chunk]:
    """What a file is made of, from a place on; the names of WebP ("little") come first, the lengths of PNG ("big")."""
    while len(head := read_at(file, start, 8)) == 8:
        if order == "little":
            name, length = head[:4], int.from_bytes(head[4:], "little")
            after = length + length % 2
        else:
            name, length = head[4:], int.from_bytes(head[:4], "big")
            after = length + 4
        yield Chunk(name, start + 8, length)
        start += 8 + after


def read_at(file: BinaryIO, place: int, count: int) -> bytes:
    file.seek(place)
    return file.read(count)


def write_at(file: BinaryIO, place: int, data: bytes) -> None:
    file.seek(place)
    file.write(data)
