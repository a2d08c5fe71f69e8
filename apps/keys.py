"""The keys of the webcam window: one list for the window, its help, `--help` and the README."""

from typing import NamedTuple


class Key(NamedTuple):
    """What a user presses, what it does, and the name of the action behind it."""

    keys: str
    meaning: str
    actions: dict[str, str]  # key as the window names it -> action


KEYS = (
    Key("n p / arrows", "next, previous style", {
        "n": "next", "right": "next", "down": "next", "p": "previous", "left": "previous", "up": "previous",
    }),
    Key("1 to 9", "one of the first nine styles", {str(i): f"style {i}" for i in range(1, 10)}),
    Key("b", "blend with the next style", {"b": "blend"}),
    Key("+ -", "strength", {"+": "stronger", "=": "stronger", "-": "weaker", "_": "weaker"}),
    Key(", .", "livelier, calmer strokes", {",": "livelier", "<": "livelier", ".": "calmer", ">": "calmer"}),
    Key("c", "colours: of the style, of the picture …", {"c": "color"}),
    Key("f", "smoothing between frames", {"f": "smooth"}),
    Key("v", "split view: drag the line", {"v": "split"}),
    Key("m", "mirror", {"m": "mirror"}),
    Key("space", "pause; styles can still be changed", {"space": "pause"}),
    Key("s", "snapshot (png)", {"s": "snapshot"}),
    Key("r", "start or stop recording (mp4)", {"r": "record"}),
    Key("o", "overlay and styles: show, hide", {"o": "overlay"}),
    Key("F / F11", "full screen (or a double click)", {"F": "fullscreen", "f11": "fullscreen"}),
    Key("h", "this help", {"h": "help", "?": "help", "f1": "help"}),
    Key("q Esc", "quit", {"q": "quit", "escape": "quit"}),
)  # fmt: skip

ACTIONS = {key: action for line in KEYS for key, action in line.actions.items()}


def action_of(key: str) -> str | None:
    """The action of a key; letters work with Caps Lock too, but for F, which is not f."""
    return ACTIONS.get(key) or ACTIONS.get(key.lower())


def keys_help() -> str:
    """The keys for `--help`, which makes a paragraph of each line that an empty one follows."""
    return "\n\n".join(["Keys in the window:", *(f"{line.keys}: {line.meaning}" for line in KEYS)])
