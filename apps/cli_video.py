"""The commands that paint what moves: video and webcam.

Nothing heavy is imported here: see cli.py.
"""

import re
from pathlib import Path
from typing import Annotated

import typer

from adain.models import DEFAULT_BACKEND, DEFAULT_MODEL

from .flags import (
    Backend,
    Calm,
    Color,
    ColorStrength,
    Detail,
    Device,
    Feather,
    Json,
    Masks,
    Model,
    OutputSize,
    Overwrite,
    Size,
    Strength,
    StyleLevels,
    StyleScale,
    StyleSize,
    Tile,
)
from .keys import keys_help

commands = typer.Typer()


@commands.command()
def video(
    content: Annotated[
        str,
        typer.Argument(
            help="A video, a URL, '-' for stdin, a folder of pictures, or numbered ones (frames/%04d.png).",
            show_default=False,
        ),
    ],
    *,
    style: Annotated[
        list[str] | None,
        typer.Option(
            "--style",
            "-s",
            help="A picture, or the name of a style. PICTURE:WEIGHT blends; TIME:PICTURE, several times, morphs "
            "from one to the next (0:a.jpg, 5s:b.jpg); with --mask, LABEL=PICTURE (LABEL=keep leaves the video).",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="mp4, mov, mkv, webm, gif, webp or apng; a folder/ or frames/%04d.png for pictures. "
            "(default: CONTENT_stylized_STYLE beside it)",
        ),
    ] = None,
    strength: Strength = 1.0,
    size: Size = None,
    output_size: OutputSize = None,
    detail: Detail = 1.0,
    style_size: StyleSize = None,
    style_scale: StyleScale = 1.0,
    calm: Calm = None,
    style_levels: StyleLevels = None,
    color: Color = "style",
    color_strength: ColorStrength = 1.0,
    mask: Masks = None,
    feather: Feather = None,
    tile: Tile = "auto",
    smooth: Annotated[
        str, typer.Option(help="Against flicker: off, light (no optical flow), flow or strong.")
    ] = "flow",
    two_pass: Annotated[
        bool, typer.Option("--two-pass", help="Look at the whole video first, so that no shot changes its colours.")
    ] = False,
    start: Annotated[str | None, typer.Option(help="Where to begin: seconds, or H:MM:SS.", show_default=False)] = None,
    end: Annotated[str | None, typer.Option(help="Where to end.", show_default=False)] = None,
    fps: Annotated[
        str | None,
        typer.Option(help="Frames a second, such as 25 or 30000/1001. (default: as they are)", show_default=False),
    ] = None,
    crf: Annotated[
        int | None,
        typer.Option(min=0, max=63, help="Quality: smaller is better. (default: 18 for H.264)", show_default=False),
    ] = None,
    codec: Annotated[
        str | None, typer.Option(help="Encoder by FFmpeg's name, or 'hardware'. (default: by the file's kind)")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="The encoder's preset. (default: veryfast for H.264)", show_default=False)
    ] = None,
    preview: Annotated[
        int | None,
        typer.Option(min=1, help="Also write every n-th frame as PNG beside the output.", show_default=False),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what an interrupted run left.")] = False,
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    backend: Backend = DEFAULT_BACKEND,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Paint a video: the same times, the same sound, steady from frame to frame."""
    from .progress import note
    from .timeline import parse_rate, parse_time, parse_timeline

    keyframes = parse_timeline(style or [], mask, style_levels, notify=note)
    first, last = parse_time(start, "--start"), parse_time(end, "--end")
    rate = parse_rate(fps, "--fps")
    from .options import Encoding, VideoOptions
    from .video import run_video

    options = VideoOptions(
        strength=strength, size=size, output_size=output_size, detail=detail, style_size=style_size,
        style_scale=style_scale, color=color, color_strength=color_strength, feather=feather, tile=tile, smooth=smooth,
        two_pass=two_pass, rate=rate, preview=preview, resume=resume, encoding=Encoding(codec, crf, preset),
        model=model, device=device, backend=backend, overwrite=overwrite, start=first, end=last, calm=calm,
    )  # fmt: skip
    if code := run_video(content, output, keyframes, options, as_json=as_json):
        raise typer.Exit(code)


@commands.command(epilog=keys_help())
def webcam(
    *,
    camera: Annotated[
        str, typer.Option("--camera", "-c", help="Index, /dev/video2, rtsp://..., clip, or folder of pictures.")
    ] = "0",
    list_: Annotated[bool, typer.Option("--list", help="List the cameras, and stop.")] = False,
    resolution: Annotated[str, typer.Option(help="WIDTHxHEIGHT to ask the camera for.")] = "640x360",
    camera_fps: Annotated[
        float, typer.Option(min=0.1, max=1000, help="Rate to ask it for; of a folder: pictures a second.")
    ] = 30.0,
    style: Annotated[
        list[str] | None,
        typer.Option(
            "--style",
            "-s",
            help="A picture, or a built-in name; may be repeated. (default: all built-in) With --mask, LABEL=PICTURE "
            "(LABEL=keep leaves the camera's); keys change that of the first.",
            show_default=False,
        ),
    ] = None,
    styles: Annotated[
        Path | None,
        typer.Option(help="A folder of styles; pictures dropped in while it runs appear.", show_default=False),
    ] = None,
    shuffle: Annotated[
        float | None, typer.Option(min=1, help="Change the style every so many seconds.", show_default=False)
    ] = None,
    strength: Strength = 1.0,
    style_scale: StyleScale = 1.0,
    calm: Calm = None,
    color: Color = "style",
    color_strength: ColorStrength = 1.0,
    mask: Masks = None,
    feather: Feather = None,
    smooth: Annotated[str, typer.Option(help="Smoothing between frames: off, light, flow or strong.")] = "flow",
    fps: Annotated[float, typer.Option(min=1, max=240, help="Rate to hold; the working size adapts to it.")] = 30.0,
    size: Annotated[
        int | None,
        typer.Option(
            min=16, help="Long side in px to work at. (default: as large as --fps allows)", show_default=False
        ),
    ] = None,
    detail: Detail = 1.0,
    mirror: Annotated[
        bool | None, typer.Option(help="Flip left and right. (default: for a camera in the window)", show_default=False)
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Play a clip or folder again and again.")] = False,
    max_frames: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many frames shown.", show_default=False)
    ] = None,
    record: Annotated[Path | None, typer.Option(help="Record to this .mp4.", show_default=False)] = None,
    virtual_camera: Annotated[
        bool, typer.Option("--virtual-camera", help="Be a camera that video calls can choose.")
    ] = False,
    headless: Annotated[bool, typer.Option("--headless", help="No window; Ctrl-C ends it.")] = False,
    fullscreen: Annotated[bool, typer.Option("--fullscreen", help="Begin in full screen.")] = False,
    stats: Annotated[
        Path | None, typer.Option(help="Write a CSV with the times of every frame.", show_default=False)
    ] = None,
    snapshots: Annotated[Path, typer.Option(help="Folder for the files of the keys s and r.")] = Path(),
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    backend: Backend = DEFAULT_BACKEND,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Paint what the camera sees, live."""
    if not re.fullmatch(r"[1-9]\d*x[1-9]\d*", resolution):
        raise typer.BadParameter(f"got {resolution!r}; want WIDTHxHEIGHT, such as 640x360", param_hint="--resolution")
    from .webcam import Wanted, WebcamOptions, print_cameras, run_webcam

    if list_:
        print_cameras(as_json=as_json)
        return
    width, height = map(int, resolution.split("x"))
    options = WebcamOptions(
        camera=camera, wanted=Wanted(width, height, camera_fps), styles=tuple(style or ()), styles_folder=styles,
        shuffle=shuffle, strength=strength, color=color, smooth=smooth, fps=fps, size=size, detail=detail,
        mirror=mirror, loop=loop, max_frames=max_frames, record=record, virtual_camera=virtual_camera,
        headless=headless, fullscreen=fullscreen, stats=stats, snapshots=snapshots, model=model, device=device,
        backend=backend, overwrite=overwrite, masks=tuple(mask or ()), feather=feather, color_strength=color_strength,
        style_scale=style_scale, calm=calm,
    )  # fmt: skip
    run_webcam(options, as_json=as_json)
