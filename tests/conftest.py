"""Every test: one thread for PyTorch, here and in the processes that tests begin, as the workers share the processors."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
