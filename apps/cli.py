"""The command line: `adain image`, `adain batch`, `adain sheet`, `adain styles`, `adain info`, `adain train`,
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
from typing import Annotated, Any

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
    size: Annotated[list[str], typer.Option(help="WIDTHxHEIGHT; may be repeated.")] = ["512x512", "640x360"],  # noqa: B006
    model: Annotated[list[str], typer.Option(help="May be repeated.")] = ["fast", "vgg"],  # noqa: B006
    dtype: Annotated[list[str], typer.Option(help="May be repeated.")] = ["float32", "auto"],  # noqa: B006
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Time the models on this machine."""
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
