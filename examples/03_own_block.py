"""Check a spec, see what is wrong with a broken one, and print the source of its blocks."""

from pathlib import Path

import resdsl

spec = Path(__file__).with_suffix(".res")
print("findings:", resdsl.check(spec))
print(resdsl.emit(resdsl.load(spec), backend="torch"))

broken = Path("broken.res")
broken.write_text(spec.read_text().replace("separable(128)", "separable(64)"))
for finding in resdsl.check(broken):
    print(f"{finding.span}: {finding.code}: {finding.message}; {finding.help}")
