"""Load a network, ask what it costs, and walk through it."""

import resdsl

network = resdsl.load("resnet34")  # a shipped spec; a path or "file.res:network" does as well
cost = network.cost()
print(f"{network.title}: {network.depth} weight layers, {cost.params:,} parameters, {cost.macs:,} MACs an image")

for stage in network.stages:
    print(f"  {stage.name}: {len(stage.blocks)} blocks, {stage.input} -> {stage.output}, {stage.title}")

# Families have parameters: n = 9 is ResNet-56.
print("ResNet-56 has", resdsl.load("cifar:cifar_resnet", n=9).cost().params, "parameters")
