"""Fast paths: models whose numbers are all there is to them, computed without the framework and found equal to it."""

from modelyard.serving.fastpath.certify import certify
from modelyard.serving.fastpath.finding import find_kernel, open_kernel, use_one_thread
from modelyard.serving.fastpath.kernel import Kernel
from modelyard.serving.fastpath.packing import pack, unpack

__all__ = ["Kernel", "certify", "find_kernel", "open_kernel", "pack", "unpack", "use_one_thread"]
