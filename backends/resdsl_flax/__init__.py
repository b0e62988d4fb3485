"""The Flax NNX backend: modules on maps of (N, H, W, C)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, final

from resdsl.backend import DEFAULT, Array, Backend, Compute, Normalization, Session
from resdsl.ir.network import Network
from resdsl.ir.recipe import Recipe
from resdsl.team import ALONE, Seat, Team

if TYPE_CHECKING:
    from flax import nnx


@final
class FlaxBackend(Backend):
    """Flax NNX; JAX itself is imported only to build and to run."""

    name = "flax"
    framework = "flax"
    install = "pip install 'jax>=0.7' 'flax>=0.11'"
    also = ("jax", "nnx", "linen")

    def emit(self, network: Network) -> str:
        """The formatted source of an `nnx.Module` that stands alone."""
        from resdsl.codegen.printer import Printer
        from resdsl_flax.dialect import FlaxDialect

        return Printer(FlaxDialect()).source(network).text

    def build(self, network: Network, weights: Mapping[str, Array]) -> nnx.Module:
        """The module that `emit`'s source defines, filled with canonical `weights` (KeyError, ValueError)."""
        from resdsl_flax.build import build

        return build(network, weights)

    def weights(self, module: Any) -> dict[str, Array]:
        """The parameters and statistics of `module` under their canonical names and layout, as float32."""
        from resdsl_flax.arrays import canonical, variables

        return {name: canonical(variable.get_value()) for name, variable in variables(module).items()}

    def load_weights(self, module: Any, weights: Mapping[str, Array]) -> None:
        """Fills `module` with canonical `weights`, in place; they must fit exactly (KeyError, ValueError)."""
        from resdsl_flax.arrays import fill

        fill(module, weights)

    def session(
        self,
        module: Any,
        recipe: Recipe,
        scale: Normalization,
        compute: Compute = DEFAULT,
        team: Team = ALONE,
    ) -> Session:
        """A session on the best device that JAX finds."""
        from resdsl_flax.step import FlaxSession

        return FlaxSession(module, recipe, scale, compute, team)

    def processes(self, devices: int) -> int:
        """One, which has them all."""
        return 1

    def join(self, seat: Seat, devices: int | None) -> Team:
        """A team of all devices of all processes, or one device by itself."""
        from resdsl_flax.team import join

        return join(seat, devices)
