"""FFmpeg's filters, as a line that frames of video go through."""

from collections.abc import Iterator

import av
from av.filter.context import FilterContext


class Filters:
    """Filtered frames, in order, for those of one video; what a filter holds back comes with later ones, or at `rest`.

    Set up at the first frame, and anew where the size or format of frames changes.

    Args:
        steps: names of filters and their options, as FFmpeg knows them.
    """

    def __init__(self, *steps: tuple[str, str]) -> None:
        self.steps = steps
        self._graph: av.filter.Graph | None = None
        self._kind: tuple[int, int, str] | None = None  # of the frames that the graph takes

    def __call__(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        kind = frame.width, frame.height, frame.format.name
        if self._graph is None or kind != self._kind:
            yield from self.rest()
            self._kind = kind
            self._graph, source = graph_for(frame)
            steps = (self._graph.add(*step) for step in self.steps)
            self._graph.link_nodes(source, *steps, self._graph.add("buffersink")).configure()
        self._graph.push(frame)
        yield from pulled(self._graph)

    def rest(self) -> Iterator[av.VideoFrame]:
        """What is still held back, once no frame follows."""
        if self._graph is not None:
            self._graph.push(None)
            yield from pulled(self._graph)
            self._graph = None


def graph_for(frame: av.VideoFrame) -> tuple[av.filter.Graph, FilterContext]:
    """An empty graph, and in it the source of frames such as this one."""
    graph = av.filter.Graph()
    return graph, graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )


def pulled(graph: av.filter.Graph) -> Iterator[av.VideoFrame]:
    """The frames that are ready."""
    while True:
        try:
            yield graph.pull()  # type: ignore[misc]
        except (BlockingIOError, av.error.EOFError):
            return
