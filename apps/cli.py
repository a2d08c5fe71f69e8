"""The command line: `adain image`, `adain webcam`, `adain video`, `adain batch`, `adain sheet`, `adain optimize`,
`adain styles`, `adain info`, `adain train`, `adain export-weights`, `adain bench`.

Results go to stdout, progress and errors to stderr. Exit 0 ok, 1 something failed, 2 usage, 130 Ctrl-C.
Nothing heavy is imported here, so that `adain --help` answers at once.
"""

import dataclasses
import inspect
import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from adain.train.config import TRAINING_HELP, TrainConfig

from adain import __version__
from adain.errors import AdainError, OptionError
from adain.models import DEFAULT_MODEL

from .flags import (
    Color,
    ColorStrength,
    Device,
    Feather,
    Json,
    Masks,
    Model,
    Overwrite,
    Size,
    Strength,
    StyleLevels,
    Styles,
    StyleScale,
    StyleSize,
    Tile,
)
from .keys import keys_help

app = typer.Typer(
    name="adain",
    help="Paint any photo in any style.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def show_version(value: bool) -> None:
    if value:
        print(f"adain {__version__}")
        raise typer.Exit


@app.callback()
def root(version: Annotated[bool, typer.Option("--version", callback=show_version, is_eager=True)] = False) -> None:
    pass


@app.command()
def image(
    content: Annotated[list[str], typer.Argument(help="Photos; '-' reads one from stdin.", show_default=False)],
    *,
    style: Styles = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", help="File, folder, or '-' for stdout. (default: CONTENT_stylized_STYLE.png beside it)"
        ),
    ] = None,
    strength: Strength = 1.0,
    size: Size = None,
    output_size: Annotated[
        int | None,
        typer.Option(min=1, help="Long side in px of the result. (default: the photo's)", show_default=False),
    ] = None,
    style_size: StyleSize = None,
    style_scale: StyleScale = 1.0,
    style_levels: StyleLevels = None,
    color: Color = "style",
    color_strength: ColorStrength = 1.0,
    mask: Masks = None,
    feather: Feather = None,
    tile: Tile = "auto",
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Paint photos in styles: every combination of CONTENT and --style."""
    from .image import ImageOptions, stylize_all
    from .progress import note
    from .recipe import parse_styles

    if output == "-" and as_json:
        raise typer.BadParameter("--json and -o - both want stdout; choose one")
    options = ImageOptions(
        strength=strength, size=size, output_size=output_size, style_size=style_size, style_scale=style_scale,
        color=color, color_strength=color_strength, feather=feather, tile=tile, model=model, device=device,
        overwrite=overwrite,
    )  # fmt: skip
    recipes = parse_styles(style or [], mask, style_levels, notify=note)
    failed = stylize_all(content, recipes, output, options, as_json=as_json)
    if failed:
        raise typer.Exit(1)


@app.command(epilog=keys_help())
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
            help="A picture, or a built-in name; may be repeated. (default: all built-in)",
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
    color: Color = "style",
    smooth: Annotated[str, typer.Option(help="Smoothing between frames: off, light, flow or strong.")] = "flow",
    fps: Annotated[float, typer.Option(min=1, max=240, help="Rate to hold; the working size adapts to it.")] = 30.0,
    size: Annotated[
        int | None,
        typer.Option(
            min=16, help="Long side in px to work at. (default: as large as --fps allows)", show_default=False
        ),
    ] = None,
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
        shuffle=shuffle, strength=strength, color=color, smooth=smooth, fps=fps, size=size, mirror=mirror, loop=loop,
        max_frames=max_frames, record=record, virtual_camera=virtual_camera, headless=headless, fullscreen=fullscreen,
        stats=stats, snapshots=snapshots, model=model, device=device, overwrite=overwrite,
    )  # fmt: skip
    run_webcam(options, as_json=as_json)


@app.command()
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
        list[str],
        typer.Option(
            "--style",
            "-s",
            help="A picture, or the name of a style. PICTURE:WEIGHT blends; TIME:PICTURE, several times, morphs "
            "from one to the next (0:a.jpg, 5s:b.jpg).",
            show_default=False,
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="mp4, mov, mkv, webm or gif; a folder/ or frames/%04d.png for pictures. "
            "(default: CONTENT_stylized_STYLE beside it)",
        ),
    ] = None,
    strength: Strength = 1.0,
    size: Size = None,
    style_size: StyleSize = None,
    style_scale: StyleScale = 1.0,
    style_levels: StyleLevels = None,
    color: Color = "style",
    color_strength: ColorStrength = 1.0,
    smooth: Annotated[
        str, typer.Option(help="Against flicker: off, light (no optical flow), flow or strong.")
    ] = "flow",
    two_pass: Annotated[
        bool, typer.Option("--two-pass", help="Look at the whole video first, so that no shot changes its colours.")
    ] = False,
    start: Annotated[str | None, typer.Option(help="Where to begin: seconds, or h:m:s.", show_default=False)] = None,
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
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Paint a video: the same times, the same sound, steady from frame to frame."""
    from .progress import note
    from .timeline import parse_rate, parse_time, parse_timeline

    keyframes = parse_timeline(style, style_levels, notify=note)
    first, last = parse_time(start, "--start"), parse_time(end, "--end")
    rate = parse_rate(fps, "--fps")
    from .options import Encoding, VideoOptions
    from .video import run_video

    options = VideoOptions(
        strength=strength, size=size, style_size=style_size, style_scale=style_scale, color=color,
        color_strength=color_strength, smooth=smooth, two_pass=two_pass, rate=rate, preview=preview, resume=resume,
        encoding=Encoding(codec, crf, preset), model=model, device=device, overwrite=overwrite,
        start=first, end=last,
    )  # fmt: skip
    if code := run_video(content, output, keyframes, options, as_json=as_json):
        raise typer.Exit(code)


@app.command()
def optimize(
    content: Annotated[Path, typer.Argument(help="A photo.", show_default=False)],
    *,
    style: Annotated[str, typer.Option("--style", "-s", help="A picture, or a built-in name.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File. (default: CONTENT_optimized_STYLE.png beside it)")
    ] = None,
    size: Annotated[int, typer.Option(help="Long side in px of the result.")] = 512,
    steps: Annotated[int, typer.Option(help="Steps at each scale.")] = 200,
    scales: Annotated[int, typer.Option(help="Scales from coarse to fine, each twice the size of the last.")] = 1,
    optimizer: Annotated[str, typer.Option(help="lbfgs or adam.")] = "lbfgs",
    learning_rate: Annotated[
        float | None, typer.Option(help="(default: 1 for lbfgs, 0.02 for adam)", show_default=False)
    ] = None,
    schedule: Annotated[str, typer.Option(help="Learning rate over the steps: constant or cosine.")] = "constant",
    start: Annotated[str, typer.Option(help="content or noise.")] = "content",
    style_weight: float = 10.0,
    content_weight: float = 1.0,
    variation_weight: float = 0.1,
    style_layer: Annotated[
        list[str], typer.Option(help="LAYER or LAYER=SHARE; may be repeated. (default: five layers, equal)")
    ] = [],  # noqa: B006
    content_layer: Annotated[
        list[str], typer.Option(help="LAYER or LAYER=SHARE; may be repeated. (default: the deepest)")
    ] = [],  # noqa: B006
    balance: Annotated[float, typer.Option(help="Keep style at this share of style plus content; 0: off.")] = 0.0,
    smooth_every: Annotated[int, typer.Option(help="Average 3x3 px every so many steps; 0: never.")] = 0,
    mask: Annotated[Path | None, typer.Option(help="Picture: white is painted, black stays as it is.")] = None,
    snapshot_every: Annotated[int, typer.Option(help="Keep a picture every so many steps; 0: none.")] = 0,
    features: Annotated[str, typer.Option(help="vgg16 (offline), vgg19 or resnet50.")] = "vgg16",
    teacher: Annotated[Path | None, typer.Option(help="Weights of that network.")] = None,
    seed: int = 0,
    device: Device = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    as_json: Json = False,
) -> None:
    """Paint one photo by optimising its pixels (Gatys et al., 2016): minutes, not milliseconds; the upper bound."""
    from adain.optimize import OptimizeOptions

    from .optimize import parse_shares, run_optimize

    options = OptimizeOptions(
        size=size, steps=steps, scales=scales, optimizer=optimizer, learning_rate=learning_rate, schedule=schedule,
        start=start, style_weight=style_weight, content_weight=content_weight, variation_weight=variation_weight,
        style_layers=parse_shares(style_layer, "--style-layer"), balance=balance, smooth_every=smooth_every, seed=seed,
        content_layers=parse_shares(content_layer, "--content-layer"), features=features, teacher=teacher,
        device=device,
    )  # fmt: skip
    output = output or content.with_name(f"{content.stem}_optimized_{Path(style).stem}.png")
    code = run_optimize(
        content, style, output, options, mask=mask, snapshot_every=snapshot_every, overwrite=overwrite, as_json=as_json
    )
    if code:
        raise typer.Exit(code)


@app.command()
def batch(
    content: Annotated[
        list[str] | None, typer.Argument(help="Folders of photos (and what lies below), or photos.", show_default=False)
    ] = None,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.", show_default=False)],
    style: Styles = None,
    pair: Annotated[bool, typer.Option("--pair", help="Each photo only with the style of the same name.")] = False,
    csv: Annotated[
        Path | None,
        typer.Option(help="Lines of content,style[,output] instead of CONTENT and --style.", show_default=False),
    ] = None,
    format: Annotated[str, typer.Option(help="png, jpg, webp, tiff or bmp.")] = "png",
    strength: Strength = 1.0,
    size: Size = None,
    output_size: Annotated[
        int | None,
        typer.Option(min=1, help="Long side in px of the results. (default: the photo's)", show_default=False),
    ] = None,
    style_size: StyleSize = None,
    style_scale: StyleScale = 1.0,
    style_levels: StyleLevels = None,
    color: Color = "style",
    color_strength: ColorStrength = 1.0,
    mask: Masks = None,
    feather: Feather = None,
    tile: Tile = "auto",
    group: Annotated[
        int | None,
        typer.Option(min=1, help="Photos painted together. (default: 8 on a GPU, 1 on a CPU)", show_default=False),
    ] = None,
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Paint folders of photos: every combination, or pairs by name or CSV. Finished results are skipped.

    A folder given as --style stands for the pictures in it, one given as --mask for the masks with the photos' names.
    """
    from .batch import run_batch
    from .plan import BatchOptions

    options = BatchOptions(
        strength=strength, size=size, output_size=output_size, style_size=style_size, style_scale=style_scale,
        color=color, color_strength=color_strength, feather=feather, tile=tile, model=model, device=device,
        overwrite=overwrite, format=format.lower(), pair=pair, group=group,
    )  # fmt: skip
    failed = run_batch(
        content or [], style or [], output, options, masks=mask or [], levels=style_levels, table=csv, as_json=as_json
    )
    if failed:
        raise typer.Exit(1)


@app.command()
def sheet(
    content: Annotated[list[str], typer.Argument(help="Photos.", show_default=False)],
    *,
    style: Styles = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="The sheet. (default: CONTENT_sheet.jpg beside it)")
    ] = None,
    columns: Annotated[int | None, typer.Option(min=1, help="Pictures side by side.", show_default=False)] = None,
    cell: Annotated[int, typer.Option(min=32, help="Long side in px of a picture.")] = 320,
    strength: Strength = 1.0,
    size: Annotated[
        int | None,
        typer.Option(min=0, help="Long side in px to work at; 0: the photo's own. (default: 640)", show_default=False),
    ] = None,
    style_scale: StyleScale = 1.0,
    color: Color = "style",
    color_strength: ColorStrength = 1.0,
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Make a contact sheet: a photo in all styles (the built-in ones, where no --style is given), or photos in one."""
    from .options import PaintOptions
    from .progress import note
    from .recipe import parse_styles
    from .sheet import write_contact_sheet

    options = PaintOptions(
        strength=strength, size=size, style_scale=style_scale, color=color, color_strength=color_strength, model=model,
        device=device,
    )  # fmt: skip
    recipes = parse_styles(style, notify=note) if style else []
    write_contact_sheet(
        content, recipes, output, options, cell=cell, columns=columns, overwrite=overwrite, as_json=as_json
    )


styles_app = typer.Typer(help="List the styles; save, remove and mix them.", context_settings=app.info.context_settings)
app.add_typer(styles_app, name="styles")


@styles_app.callback(invoke_without_command=True)
def styles(
    context: typer.Context,
    *,
    sheet: Annotated[Path | None, typer.Option(help="Write a picture with a thumbnail of every style.")] = None,
    interpolate: Annotated[
        tuple[str, str, str, str] | None,
        typer.Option(
            metavar="A B C D", help="Write a sheet of --photo in all mixtures of four styles.", show_default=False
        ),
    ] = None,
    photo: Annotated[str | None, typer.Option(help="For --interpolate.", show_default=False)] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="For --interpolate.")] = Path("styles.jpg"),
    steps: Annotated[int, typer.Option(min=2, max=16, help="For --interpolate: pictures on a side.")] = 5,
    style_scale: StyleScale = 1.0,
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing sheet.")] = False,
    as_json: Json = False,
) -> None:
    """List the built-in and saved styles, or write a sheet of them."""
    if context.invoked_subcommand:
        return
    from .options import PaintOptions
    from .styles import print_styles, write_mixes, write_sheet

    if interpolate:
        if photo is None:
            raise typer.BadParameter("want a photo to paint too", param_hint="--photo")
        options = PaintOptions(model=model, device=device, style_scale=style_scale)
        write_mixes(interpolate, photo, output, options, steps=steps, overwrite=overwrite)
    elif sheet:
        write_sheet(sheet, overwrite=overwrite)
    else:
        print_styles(as_json=as_json)
        return
    path = output if interpolate else sheet
    print(json.dumps({"sheet": str(path)}) if as_json else path)


@styles_app.command("save")
def save_style(
    name: Annotated[str, typer.Argument(help="What to call the style.", show_default=False)],
    pictures: Annotated[
        list[str],
        typer.Argument(help="A picture, or several for a blend; PICTURE:WEIGHT weighs them.", show_default=False),
    ],
    *,
    style_size: StyleSize = None,
    style_scale: StyleScale = 1.0,
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a saved style of this name.")] = False,
) -> None:
    """Keep an encoded style (a few kB) under a name, for --style NAME."""
    from .options import PaintOptions
    from .styles import save_style as save

    options = PaintOptions(style_size=style_size, style_scale=style_scale, model=model, device=device)
    print(save(name, pictures, options, overwrite=overwrite))


@styles_app.command("remove")
def remove_style(
    names: Annotated[list[str], typer.Argument(help="Saved styles.", show_default=False)],
) -> None:
    """Delete saved styles."""
    from .styles import remove_styles

    remove_styles(names)


@styles_app.command("list")
def list_all(as_json: Json = False) -> None:
    """List the built-in and saved styles."""
    from .styles import print_styles

    print_styles(as_json=as_json)


@app.command()
def info(as_json: Json = False) -> None:
    """Show the version, the models and what this machine computes with."""
    from .info import print_info

    print_info(as_json=as_json)


@app.command()
def bench(
    what: Annotated[
        Literal["models", "webcam"], typer.Argument(help="The networks alone, or the webcam from camera to display.")
    ] = "models",
    *,
    size: Annotated[list[str], typer.Option(help="WIDTHxHEIGHT; may be repeated.")] = ["512x512", "640x360"],  # noqa: B006
    model: Annotated[list[str], typer.Option(help="May be repeated.")] = ["fast", "vgg"],  # noqa: B006
    dtype: Annotated[list[str], typer.Option(help="May be repeated.")] = ["float32", "auto"],  # noqa: B006
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Time the models on this machine, or the webcam (640x360, `fast`, smoothing `flow`; two minutes)."""
    if what == "webcam":
        from .bench_webcam import run_webcam_bench

        run_webcam_bench(device=device, as_json=as_json)
        return
    from .bench import run_bench

    if wrong := [s for s in size if not re.fullmatch(r"[1-9]\d*x[1-9]\d*", s)]:
        raise typer.BadParameter(f"got {wrong[0]!r}; want WIDTHxHEIGHT, such as 640x360", param_hint="--size")
    run_bench(model, size, dtype, device=device, as_json=as_json)


evaluate = typer.Typer(help="Measure results.", no_args_is_help=True)
app.add_typer(evaluate, name="eval")


@evaluate.command("images")
def eval_images(
    outputs: Annotated[
        list[Path] | None, typer.Argument(help="Folders of results, named CONTENT_STYLE.png.", show_default=False)
    ] = None,
    *,
    pairs: Annotated[Path | None, typer.Option(help="CSV with the columns content and style.")] = None,
    content: Annotated[list[str], typer.Option("--content", "-c", help="A photo; may be repeated.")] = [],  # noqa: B006
    style: Annotated[
        list[str], typer.Option("--style", "-s", help="A picture or built-in name; every photo meets every style.")
    ] = [],  # noqa: B006
    model: Annotated[list[str], typer.Option(help="Measure a model; may be repeated.")] = [],  # noqa: B006
    strength: Annotated[list[float], typer.Option(min=0, max=1, help="May be repeated, for a curve.")] = [1.0],  # noqa: B006
    size: Annotated[int, typer.Option(help="Everything is cropped and scaled to this square, px.")] = 512,
    judge: Annotated[str, typer.Option(help="vgg16 (the network of training), vgg19 or resnet50.")] = "vgg16",
    teacher: Annotated[Path | None, typer.Option(help="Weights of the judge.")] = None,
    device: Device = "auto",
    csv: Annotated[Path | None, typer.Option(help="Write every pair's figures.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw style against SSIM.")] = None,
    as_json: Json = False,
) -> None:
    """Measure stylized pictures: likeness to style and photo, and artefacts."""
    from .quality import Method, all_pairs, check_size, read_pairs, run_quality

    check_size(size)
    methods = [Method(folder=folder) for folder in outputs or []]
    methods += [Method(model=name, strength=s) for name in model for s in strength]
    if not methods:
        raise typer.BadParameter("nothing to measure: name folders of results, or --model")
    if (pairs is None) == (not content or not style):
        raise typer.BadParameter("name the pairs: either --pairs, or both --content and --style")
    chosen = read_pairs(pairs) if pairs else all_pairs(content, style)
    run_quality(
        chosen, methods, size=size, judge=judge, teacher=teacher, device=device, csv_path=csv, plot_path=plot,
        as_json=as_json,
    )  # fmt: skip


@evaluate.command("video")
def eval_video(
    clips: Annotated[
        list[str],
        typer.Argument(help="Videos, or folders of pictures.", show_default=False),
    ],
    *,
    style: Annotated[list[str], typer.Option("--style", "-s", help="A picture, or a style's name; may be repeated.")],
    smooth: Annotated[list[str], typer.Option(help="Smoothing to compare with none; may be repeated.")] = ["flow"],  # noqa: B006
    size: Size = None,
    frames: Annotated[int | None, typer.Option(min=12, help="At most so many of each clip.")] = None,
    still: Annotated[int, typer.Option(min=0, help="Frames of a static, noisy scene, for drift; 0: none.")] = 1000,
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Measure painted videos: flicker along the content's motion, sharpness, style, and drift of a static scene."""
    from .stability import run_stability

    run_stability(
        clips, style, smooth, size=size, limit=frames, still=still, model=model, device=device, as_json=as_json
    )


def _train(resume: bool = False, **settings: Any) -> None:
    """Train a model on folders of your own. Every setting of the run is an option."""
    from .train import run_training

    run_training(TrainConfig(**settings), resume=resume)


def _training_signature() -> inspect.Signature:
    """One keyword parameter for each field of TrainConfig, so that the dataclass stays the only list of settings."""
    parameters = []
    for field in dataclasses.fields(TrainConfig):
        default = inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default
        option = typer.Option(help=TRAINING_HELP.get(field.name), show_default=default is not inspect.Parameter.empty)
        kind = Annotated[field.type, option]  # type: ignore[name-defined]
        parameters.append(
            inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        )
    on = Annotated[bool, typer.Option("--resume", help="Go on from the newest checkpoint in --run.")]
    parameters.append(inspect.Parameter("resume", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=on))
    return inspect.Signature(parameters)


_train.__signature__ = _training_signature()  # type: ignore[attr-defined]
app.command("train")(_train)


@app.command("export-weights")
def export_weights(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint of 'adain train', such as runs/fast/last.pt.")],
    name: Annotated[str, typer.Option(help="Name of the model.")] = DEFAULT_MODEL,
    folder: Annotated[Path, typer.Option(help="Where to write.")] = Path("weights"),
    trained_on: Annotated[str, typer.Option(help="What to say of its data.")] = "pictures of my own",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing weights.")] = False,
) -> None:
    """Turn a checkpoint into weights for --model, and enter them in the registry beside them."""
    from .train import run_export

    run_export(checkpoint, folder, name, trained_on, overwrite=overwrite)


export = typer.Typer(help="Models for other runtimes.", no_args_is_help=True)
app.add_typer(export, name="export")
Exported = Annotated[Path | None, typer.Option("--output", "-o", help="File. (default: named after the model)")]


@export.command("onnx")
def to_onnx(model: Model = DEFAULT_MODEL, output: Exported = None) -> None:
    """Write NAME.onnx, which paints in any style, and NAME_style.onnx, which encodes styles."""
    from .export import run_export_onnx

    run_export_onnx(model, output)


@export.command("openvino")
def to_openvino(model: Model = DEFAULT_MODEL, output: Exported = None) -> None:
    """Write NAME.xml and NAME_style.xml for OpenVINO."""
    from .export import run_export_openvino

    run_export_openvino(model, output)


def main() -> None:
    """Run the command line; errors a user can meet become one line on stderr."""
    try:
        app()
    except AdainError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, OptionError) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
