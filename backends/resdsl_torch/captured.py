"""A step as one CUDA graph: hundreds of kernels for the price of one launch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import final

import torch
from torch import Tensor

# Libraries choose their algorithms, and regions are compiled, before anything is captured.
PLAIN_RUNS = 3


@final
class Captured:
    """`function`, which is run plainly a few times, and then replayed as a graph, with the same bits.

    Its arguments are copied into buffers of the graph's own, so that they must keep their shapes; arguments of other
    shapes run plainly. So does all where nothing can be captured: `refusal` then says why.
    """

    def __init__(self, function: Callable[..., Tensor], device: torch.device) -> None:
        self._function = function
        self._aside = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: tuple[Tensor, ...] = ()
        self._runs = 0
        self.refusal = ""

    def __call__(self, *arguments: Tensor) -> Tensor:
        """What `function` gives; it stays as it is when the next call comes."""
        if self._runs == 0:
            self._inputs = tuple(torch.empty_like(argument) for argument in arguments)
        self._runs += 1
        alike = all(own.shape == given.shape for own, given in zip(self._inputs, arguments, strict=True))
        if self._runs <= PLAIN_RUNS or self.refusal or not alike:
            return self._plainly(arguments)
        if self._graph is None:
            self._capture()
        if self._graph is None:
            return self._plainly(arguments)
        for own, given in zip(self._inputs, arguments, strict=True):
            own.copy_(given, non_blocking=True)
        self._graph.replay()
        return self._result.clone()

    def _plainly(self, arguments: tuple[Tensor, ...]) -> Tensor:
        # Aside, so that what autograd remembers of its stream is not the default one, which no graph may depend on.
        with self._on_the_side():
            return self._function(*arguments)

    def _capture(self) -> None:
        graph, current = torch.cuda.CUDAGraph(), torch.cuda.current_stream(self._aside.device)
        try:
            with torch.cuda.graph(graph, stream=self._aside, capture_error_mode="thread_local"):
                self._result = self._function(*self._inputs)
            self._graph = graph
        except RuntimeError as error:
            torch.cuda.set_stream(current)  # A capture that cannot be ended leaves its own.
            self.refusal = str(error).strip().partition("\n")[0]

    @contextmanager
    def _on_the_side(self) -> Iterator[None]:
        current = torch.cuda.current_stream(self._aside.device)
        self._aside.wait_stream(current)
        with torch.cuda.stream(self._aside):
            yield
        current.wait_stream(self._aside)
