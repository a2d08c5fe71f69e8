"""The window: OpenCV shows one picture made of everything, and tells keys and mouse."""

import ctypes
import os
import sys

import cv2
import numpy as np

from adain.errors import OptionError

from .keys import action_of
from .overlay import (
    AMBER,
    BACKGROUND,
    RED,
    STRIP_HEIGHT,
    WHITE,
    Text,
    View,
    draw_strip,
    help_panel,
    make_panel,
    strip_hit,
    strip_window,
)
from .recorder import letterbox

TITLE = "adain webcam"
WIDTH, HEIGHT = 1024, 640  # px that the picture has at most when the window opens
SMALLEST = 160  # px; a window dragged smaller than that is drawn at this
MARGIN = 12  # px at scale 1
SHIFT_MASK = 1  # of X11's state of the modifier keys
# What waitKeyEx gives for keys that are no characters: X11 (Qt, GTK), Windows, macOS.
SPECIAL = {
    65361: "left", 65362: "up", 65363: "right", 65364: "down", 65470: "f1", 65480: "f11",
    2424832: "left", 2490368: "up", 2555904: "right", 2621440: "down", 7340032: "f1", 8060928: "f11",
    63234: "left", 63232: "up", 63235: "right", 63233: "down", 63236: "f1", 63246: "f11",
    27: "escape", 32: "space",
}  # fmt: skip


class Window:
    """The app's window. A context manager; use it in the main thread only.

    Raises:
        OptionError: there is no screen, or this OpenCV cannot make windows.
    """

    def __init__(self, picture_size: tuple[int, int]) -> None:
        check_screen()
        share = min(WIDTH / picture_size[0], HEIGHT / picture_size[1])
        width, height = max(SMALLEST, round(picture_size[0] * share)), max(SMALLEST, round(picture_size[1] * share))
        # Free ratio: what is drawn has the window's own size, so text is sharp and the mouse needs no conversion.
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL)
        cv2.resizeWindow(TITLE, width, height + STRIP_HEIGHT)
        cv2.setMouseCallback(TITLE, self._mouse)
        self._fullscreen = False
        self._actions: list[str] = []
        self._view = View(None)
        self._place = (0, 0, 1, 1)  # x, y, width, height of the picture
        self._canvas = (width, height + STRIP_HEIGHT)
        self._dragging = False
        self._appeared = False
        self._strip: tuple[object, np.ndarray] | None = None

    def __enter__(self) -> "Window":
        return self

    def __exit__(self, *_: object) -> None:
        if is_visible():  # not closed by the user
            cv2.destroyWindow(TITLE)
            cv2.waitKey(1)

    @property
    def scale(self) -> float:
        """How large text is drawn: 1 in the window as it opens."""
        return min(max(round(self._canvas[1] / 670, 1), 0.7), 2.5)

    @property
    def fullscreen(self) -> bool:
        return self._fullscreen

    @fullscreen.setter
    def fullscreen(self, on: bool) -> None:
        if on != self._fullscreen:
            self._fullscreen = on
            value = cv2.WINDOW_FULLSCREEN if on else cv2.WINDOW_NORMAL
            cv2.setWindowProperty(TITLE, cv2.WND_PROP_FULLSCREEN, value)

    def show(self, view: View) -> None:
        """Draw everything at the window's present size."""
        _, _, width, height = cv2.getWindowImageRect(TITLE)
        self._canvas = max(SMALLEST, width), max(SMALLEST, height)
        self._view = view
        cv2.imshow(TITLE, cv2.cvtColor(self._draw(), cv2.COLOR_RGB2BGR))

    def actions(self) -> list[str]:
        """Let the window work, and return what the user asked for since then, such as "next" or "split 0.4"."""
        code = cv2.waitKeyEx(1)
        while code != -1:
            key = SPECIAL.get(code) or (chr(code) if 0 < code < 128 else "")
            if key == "f" and shift_held():
                key = "F"
            if key and (action := action_of(key)):
                self._actions.append(action)
            code = cv2.pollKey() if len(self._actions) < 20 else -1
        visible = is_visible()
        # GTK never says so: only a window that has been visible can be closed.
        if self._appeared and not visible:
            self._actions.append("quit")
        self._appeared = self._appeared or visible
        actions, self._actions = self._actions, []
        return actions

    def _draw(self) -> np.ndarray:
        view, (width, height), scale = self._view, self._canvas, self.scale
        strip = round(STRIP_HEIGHT * scale) if view.overlay and view.thumbs else 0
        canvas = np.empty((height, width, 3), np.uint8)
        self._draw_picture(canvas[: height - strip])
        if strip:
            canvas[height - strip :] = self._draw_strip()
        margin = round(MARGIN * scale)
        if view.overlay and view.info and not view.help:
            make_panel(view.info, scale).draw(canvas, margin, margin)
        badges: list[tuple[Text, ...]] = [(Text("REC  ", 15, RED), Text(view.recording))] if view.recording else []
        badges += [(Text("paused", 15, AMBER),)] if view.paused else []
        if badges:
            panel = make_panel(tuple(badges), scale)
            panel.draw(canvas, width - panel.light.shape[1] - margin, margin)
        if view.help:
            panel = help_panel(min(scale, (height - strip) / 480, width / 440))
            panel.draw(
                canvas, (width - panel.light.shape[1]) // 2, max(0, (height - strip - panel.light.shape[0]) // 2)
            )
        if text := view.trouble or view.notice:
            color = AMBER if view.trouble else WHITE
            panel = make_panel(wrapped(text, color, width / scale), scale, border=AMBER if view.trouble else None)
            panel.draw(canvas, (width - panel.light.shape[1]) // 2, height - strip - panel.light.shape[0] - margin)
        return canvas

    def _draw_picture(self, area: np.ndarray) -> None:
        picture, (height, width) = self._view.picture, area.shape[:2]
        if picture is None:
            area[:] = BACKGROUND
            return
        fitted = letterbox(picture, (width, height))
        area[:] = fitted // 2 if "Trying again" in self._view.trouble else fitted  # it stands still: show that
        scale = min(width / picture.shape[1], height / picture.shape[0])
        w, h = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
        self._place = ((width - w) // 2, (height - h) // 2, max(w, 1), max(h, 1))

    def _draw_strip(self) -> np.ndarray:
        view, width, scale = self._view, self._canvas[0], self.scale
        first, fitting, _ = strip_window(len(view.thumbs), view.current, width, scale)
        shown = list(view.thumbs[first : first + fitting])
        looks = (width, scale, view.current, view.mark, [(t.name, id(t.picture), t.state) for t in shown])
        if self._strip is None or self._strip[0] != looks:
            self._strip = (
                looks,
                draw_strip(shown, width, scale, current=view.current, total=len(view.thumbs), mark=view.mark),
            )
        return self._strip[1]

    def _mouse(self, event: int, x: int, y: int, flags: int, _: object = None) -> None:
        view = self._view
        top = self._canvas[1] - round(STRIP_HEIGHT * self.scale)
        if event == cv2.EVENT_LBUTTONDBLCLK and y < top and not view.split:
            self._actions.append("fullscreen")
        elif event == cv2.EVENT_LBUTTONUP:
            self._dragging = False
        elif event == cv2.EVENT_LBUTTONDOWN and view.overlay and view.thumbs and y >= top:
            place = strip_hit(len(view.thumbs), view.current, self._canvas[0], self.scale, x)
            if place is not None:
                self._actions.append(f"style {place + 1}")
        elif event == cv2.EVENT_LBUTTONDOWN and view.split:
            self._dragging = True
            self._drag(x)
        elif event == cv2.EVENT_MOUSEMOVE and self._dragging and flags & cv2.EVENT_FLAG_LBUTTON:
            self._drag(x)

    def _drag(self, x: int) -> None:
        left, _, width, _ = self._place
        self._actions.append(f"split {min(max((x - left) / width, 0.0), 1.0):.4f}")


def wrapped(text: str, color: tuple[int, int, int], width: float) -> tuple[tuple[Text, ...], ...]:
    """Break a message into lines that fit the window; `width` in px at scale 1."""
    letters = max(20, int((width - 60) / 8))
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > letters:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return tuple((Text(line, 15, color),) for line in lines)


def check_screen() -> None:
    """Raise OptionError where no window can be shown; Qt would end the process instead."""
    if not cv2.currentUIFramework():
        raise OptionError(
            "this OpenCV cannot show windows: pip uninstall opencv-python-headless, pip install opencv-python, "
            "or run with --headless"
        )
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise OptionError("there is no screen here (DISPLAY is not set); run with --headless, or log in with one")


def is_visible() -> bool:
    """Whether the window is there and OpenCV knows."""
    try:
        return cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1
    except cv2.error:  # Qt, once the last window has been closed
        return False


def shift_held() -> bool:
    """Whether Shift is down, where it can be known apart from the key: OpenCV's Qt windows say f for F.

    Asked of the X server, which is what those windows are shown by.
    """
    if sys.platform != "linux" or not cv2.currentUIFramework().startswith("QT"):
        return False
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return False
    x11.XOpenDisplay.restype = x11.XDefaultRootWindow.restype = ctypes.c_void_p
    if not (display := x11.XOpenDisplay(None)):
        return False
    server = ctypes.c_void_p(display)
    root, unused, mask = ctypes.c_void_p(x11.XDefaultRootWindow(server)), ctypes.c_ulong(), ctypes.c_uint()
    x11.XQueryPointer(server, root, *[ctypes.byref(unused)] * 6, ctypes.byref(mask))
    x11.XCloseDisplay(server)
    return bool(mask.value & SHIFT_MASK)
