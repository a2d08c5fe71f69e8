"""What shall be painted: which picture in which style, and where the result goes."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from adain.errors import OptionError, StyleError
from adain.folders import files_below, files_in, names_folder
from adain.picture import FORMATS, READABLE

from .options import ResultOptions
from .recipe import Recipe, parse_styles
from .stills import ANIMATIONS, moves

STDIO = "-"
PICTURES = {*READABLE, ".gif", ".apng"}
VIDEOS = {  # and what they become
    **{suffix: suffix for suffix in (".mp4", ".mov", ".mkv", ".webm", ".m4v")},
    **dict.fromkeys((".avi", ".3gp", ".mts", ".m2ts", ".mpg", ".mpeg", ".vob", ".wmv", ".flv", ".ogv"), ".mp4"),
}
LOOPS = {**{suffix: suffix for suffix in (".gif", *ANIMATIONS)}, ".png": ".apng"}  # animations, likewise
BECOMES = VIDEOS | LOOPS
MOVING = set(BECOMES.values())


@dataclass(frozen=True, kw_only=True)
class BatchOptions(ResultOptions):
    """What is to be made of a folder besides."""

    format: str = "png"
    pair: bool = False  # each photo with the style of its name, not with every style
    group: int | None = None  # pictures painted together; None: what suits the device


@dataclass(frozen=True)
class Job:
    content: str  # a path, or STDIO
    recipe: Recipe
    output: str  # likewise
    moves: bool = False  # whether a video is to be made; of an animation a picture may be wanted as well


def is_video(content: str | Path) -> bool:
    return Path(content).suffix.lower() in VIDEOS


def video_suffix(content: str | Path) -> str | None:
    """What a video or animation becomes, of the same kind where that can be written; None for what does not move."""
    suffix = Path(content).suffix.lower()
    return VIDEOS.get(suffix) or (LOOPS[suffix] if moves(str(content)) else None)


def result_name(content: str | Path, style: str, suffix: str = ".png") -> str:
    """What a result is called where nobody says; `style` is a recipe's name."""
    return f"{'stdin' if content == STDIO else Path(content).stem}_stylized_{style}{suffix}"


def plan(contents: list[str], recipes: list[Recipe], output: str | None) -> list[Job]:
    """Every content with every recipe: beside the content, in a folder, or in the one file named.

    Raises:
        OptionError: several results for one file, or two results of the same name.
    """
    pairs = [(content, recipe) for content in contents for recipe in recipes]
    if contents.count(STDIO) > 1 or (contents != [STDIO] and STDIO in contents):
        raise OptionError("stdin ('-') holds one photo; give it alone")
    if output is None:
        outputs = [STDIO if c == STDIO else str(Path(c).with_name(result_name(c, r.name))) for c, r in pairs]
    elif output != STDIO and names_folder(output):
        outputs = [str(Path(output) / result_name(c, r.name)) for c, r in pairs]
    elif len(pairs) == 1:
        outputs = [output]
    else:
        raise OptionError(
            f"{len(pairs)} results cannot all go to {output!r}; make it a folder and end the name with '/'"
        )
    jobs = told_apart([Job(content, recipe, place) for (content, recipe), place in zip(pairs, outputs)])
    want_different_outputs(jobs)
    return jobs


def told_apart(jobs: list[Job]) -> list[Job]:
    """The suffix of a photo in the names of its results, where they would else be those of another: a.heic and a.jpg.

    Photos of one name and suffix still clash.
    """
    photos: dict[str, set[str]] = {}
    for job in jobs:
        photos.setdefault(job.output, set()).add(job.content)
    return [replace(job, output=_with_suffix(job)) if len(photos[job.output]) > 1 else job for job in jobs]


def _with_suffix(job: Job) -> str:
    photo, place = Path(job.content), Path(job.output)
    return str(place.with_name(f"{photo.stem}_{photo.suffix[1:]}{place.name.removeprefix(photo.stem)}"))


def want_different_outputs(jobs: list[Job]) -> None:
    """Raise OptionError where a result would replace another."""
    seen: dict[str, Job] = {}
    for job in jobs:
        other = seen.setdefault(job.output, job)
        if other is not job:
            raise OptionError(
                f"several results would become {job.output} ({other.content} in {other.recipe.name}, {job.content} in "
                f"{job.recipe.name}); rename one, or run them apart"
            )


def find_photos(contents: list[str]) -> list[tuple[Path, Path]]:
    """The pictures and videos in folders (and below) and among files, each with its result's folder below the output's.

    Raises:
        OptionError: there is none at all.
    """
    found: list[tuple[Path, Path]] = []
    wanted = {*PICTURES, *VIDEOS}
    for content in map(Path, contents):
        if content.is_dir():
            found += [(path, path.relative_to(content).parent) for path in files_below(content, wanted)]
        else:
            found.append((content, Path()))
    if not found:
        raise OptionError(f"no picture in {', '.join(contents) or 'nothing'}; want {', '.join(sorted(PICTURES))} files")
    return found


def expanded(styles: list[str]) -> list[str]:
    """A folder among the styles stands for the pictures in it."""
    out: list[str] = []
    for style in styles:
        if not Path(style).is_dir():
            out.append(style)
            continue
        pictures = files_in(Path(style), PICTURES)
        if not pictures:
            raise OptionError(f"no picture in the folder of styles {style}; want {', '.join(sorted(PICTURES))} files")
        out += map(str, pictures)
    return out


def plan_folders(
    photos: list[tuple[Path, Path]], recipes: list[Recipe], output: Path, options: BatchOptions
) -> tuple[list[Job], list[dict]]:
    """Every photo with every recipe, or with the one of its name; reports of the photos that have none."""
    jobs, failures = [], []
    for photo, folder in photos:
        mine = [recipe for recipe in recipes if recipe.name == photo.stem] if options.pair else recipes
        if not mine:
            error = StyleError(f"{photo}: no style is called {photo.stem!r}; --pair wants photo and style of one name")
            failures.append({"content": str(photo), "style": "", "output": "", "status": "failed", "error": str(error)})
        suffix = video_suffix(photo)
        for recipe in mine:
            place = output / folder / result_name(photo, recipe.name, suffix or f".{options.format}")
            jobs.append(Job(str(photo), _with_own_masks(recipe, photo), str(place), moves=suffix is not None))
    return told_apart(jobs), failures


def _with_own_masks(recipe: Recipe, photo: Path) -> Recipe:
    """A folder among the masks stands for the mask in it that has the photo's name."""
    masks = []
    for label, path in recipe.masks:
        own = sorted(p for p in Path(path).glob(f"{photo.stem}.*") if p.suffix.lower() in PICTURES)
        masks.append((label, str(own[0]) if own else path))
    return replace(recipe, masks=tuple(masks))


def read_table(path: Path, output: Path, options: BatchOptions) -> Iterator[Job]:
    """Jobs of a CSV file: content, style and, if wanted, output; relative to the file's own folder.

    A style is a name or picture, or a blend: "a.jpg:0.7;b.jpg:0.3". A first line "content,style" is a heading.

    Raises:
        OptionError: a line is broken; its number is told.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"{path}: cannot be read as a CSV file ({error}); want lines of content,style") from error
    rows = csv.reader(lines)
    count = 0
    for row in rows:
        cells = [cell.strip() for cell in row]
        if not any(cells) or (rows.line_num == 1 and cells[:2] == ["content", "style"]):
            continue
        where = f"{path}, line {rows.line_num}"
        if len(cells) not in (2, 3) or not all(cells[:2]):
            raise OptionError(f"{where}: got {','.join(row)!r}; want content,style or content,style,output")
        content, *rest = cells
        try:
            recipes = parse_styles([_beside(path, style.strip()) for style in rest[0].split(";")])
        except OptionError as error:
            raise OptionError(f"{where}: {error}") from error
        if len(recipes) != 1:
            raise OptionError(f"{where}: got {len(recipes)} styles; want one, or weights to blend: a.jpg:0.7;b.jpg:0.3")
        suffix = video_suffix(path.parent / content)
        name = (
            rest[1] if rest[1:] and rest[1] else result_name(content, recipes[0].name, suffix or f".{options.format}")
        )
        kinds = sorted({*(MOVING if suffix else ()), *(() if is_video(content) else FORMATS)})
        if Path(name).suffix.lower() not in kinds:
            raise OptionError(f"{where}: cannot write {name!r}; want {', '.join(kinds)}")
        count += 1
        moving = suffix is not None and Path(name).suffix.lower() in MOVING
        yield Job(str(path.parent / content), recipes[0], str(output / name), moves=moving)
    if not count:
        raise OptionError(f"{path}: no line of content,style in it")


def _beside(table: Path, style: str) -> str:
    """A style picture that lies beside the table, else the style as it is."""
    source, colon, weight = style.rpartition(":")
    for name, rest in ((style, ""), (source, colon + weight)):
        if name and (table.parent / name).is_file():
            return str(table.parent / name) + rest
    return style
