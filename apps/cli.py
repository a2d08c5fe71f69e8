"""The command line: `adain image`, `adain webcam`, `adain styles`, `adain info`, `adain train`,
`adain export-weights`, `adain bench`.

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

from .keys import keys_help

app = typer.Typer(
    name="adain",
    help="Paint any photo in any style.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

SMALLEST = 16  # px, the smallest working size; the library checks it too, but only once torch is loaded

Model = Annotated[str, typer.Option(help="Model name (see 'adain info'), or exported .safetensors weights.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON report on stdout.")]


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
    style: Annotated[
        list[str],
        typer.Option("--style", "-s", help="A picture, or a built-in name; may be repeated.", show_default=False),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", help="File, folder, or '-' for stdout. (default: CONTENT_stylized_STYLE.png beside it)"
        ),
    ] = None,
    strength: Annotated[float, typer.Option(min=0.0, max=1.0, help="0 is the photo, 1 the full style.")] = 1.0,
    size: Annotated[
        int | None,
        typer.Option(min=0, help="Long side in px to work at; 0: the photo's own. (default: 1024)", show_default=False),
    ] = None,
    output_size: Annotated[
        int | None,
        typer.Option(min=1, help="Long side in px of the result. (default: the photo's)", show_default=False),
    ] = None,
    style_size: Annotated[
        int | None,
        typer.Option(min=16, help="Long side in px at which to look at the style. (default: 512)", show_default=False),
    ] = None,
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    as_json: Json = False,
) -> None:
    """Paint photos in styles: every combination of CONTENT and --style."""
    from .image import ImageOptions, stylize_all

    if output == "-" and as_json:
        raise typer.BadParameter("--json and -o - both want stdout; choose one")
    if size and size < SMALLEST:
        raise typer.BadParameter(
            f"got {size}; want at least {SMALLEST} px, or 0 for the photo's own", param_hint="--size"
        )
    options = ImageOptions(
        strength=strength, size=size, output_size=output_size, style_size=style_size, model=model, device=device,
        overwrite=overwrite,
    )  # fmt: skip
    failed = stylize_all(content, style, output, options, as_json=as_json)
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
    strength: Annotated[float, typer.Option(min=0.0, max=1.0, help="0 is the picture, 1 the full style.")] = 1.0,
    color: Annotated[str, typer.Option(help="Whose colours: style, content, lab, histogram or coral.")] = "style",
    smooth: Annotated[str, typer.Option(help="Smoothing between frames: off, light, flow or strong.")] = "flow",
    fps: Annotated[float, typer.Option(min=1, max=240, help="Rate to hold; the working size adapts to it.")] = 30.0,
    size: Annotated[
        int | None,
        typer.Option(
            min=SMALLEST, help="Long side in px to work at. (default: as large as --fps allows)", show_default=False
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
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
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
def styles(
    sheet: Annotated[Path | None, typer.Option(help="Write a picture with a thumbnail of every style.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing sheet.")] = False,
    as_json: Json = False,
) -> None:
    """List the built-in styles."""
    from .styles import print_styles, write_sheet

    if sheet:
        write_sheet(sheet, overwrite=overwrite)
        print(json.dumps({"sheet": str(sheet)}) if as_json else sheet)
    else:
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


def main() -> None:
    """Run the command line; errors a user can meet become one line on stderr."""
    try:
        app()
    except AdainError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, OptionError) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
