"""The PyTorch backend. PyTorch itself is imported only where a module is built or run: `emit` does without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, final

from resdsl.backend import DEFAULT, Array, Backend, Compute, Normalization
from resdsl.exporter import Exporter
from resdsl.ir.network import Network
from resdsl.ir.recipe import Recipe
from resdsl.team import ALONE, Seat, Team

if TYPE_CHECKING:
    from torch import nn

    from resdsl_torch.step import TorchSession


@final
class OnnxExporter(Exporter):
    """ONNX through PyTorch's own exporter."""

    packages = ("torch", "onnx", "onnxscript")
    install = "pip install 'torch>=2.4' 'onnx>=1.16' 'onnxscript>=0.5'"

    def export(self, network: Network, weights: Mapping[str, Array]) -> bytes:
        """A checked model: `images` (N, C, H, W) in, `logits` (N, classes) out, float32, any N."""
        from resdsl_torch.onnx import export

        return export(network, weights)


@final
class TorchBackend(Backend):
    """Networks as `torch.nn.Module`s."""

    name = "torch"
    framework = "torch"
    install = "pip install 'torch>=2.4'"
    also = ("pytorch", "pt", "libtorch")

    def emit(self, network: Network) -> str:
        """The formatted source of a module that stands alone."""
        from resdsl.codegen.printer import Printer
        from resdsl_torch.dialect import TorchDialect

        return Printer(TorchDialect()).source(network).text

    def build(self, network: Network, weights: Mapping[str, Array]) -> nn.Module:
        """The module that `emit`'s source defines, in training mode, filled with canonical `weights`."""
        from resdsl_torch.build import build

        return build(network, weights)

    def weights(self, module: nn.Module) -> dict[str, Array]:
        """Copies of the parameters and statistics of `module` under their canonical names, as float32."""
        from resdsl_torch.tensors import arrays

        return arrays(module)

    def load_weights(self, module: nn.Module, weights: Mapping[str, Array]) -> None:
        """Copies `weights` into `module`; names and shapes must fit exactly (KeyError, ValueError)."""
        from resdsl_torch.tensors import fill

        fill(module, weights)

    def session(
        self,
        module: nn.Module,
        recipe: Recipe,
        scale: Normalization,
        compute: Compute = DEFAULT,
        team: Team = ALONE,
    ) -> TorchSession:
        """A session on the GPU if there is one."""
        from resdsl_torch.step import TorchSession

        return TorchSession(module, recipe, scale, compute, team)

    def processes(self, devices: int) -> int:
        """One for each device."""
        return devices

    def join(self, seat: Seat, devices: int | None) -> Team:
        """A team of as many devices as processes, or one process by itself."""
        from resdsl_torch.team import join

        return join(seat, devices)
