"""Fast paths: models whose numbers are all there is to them, computed without the framework and found equal to it."""

from modelyard.serving.fastpath.certify import certify, certify_by_reference
from modelyard.serving.fastpath.finding import find_kernel, open_kernel
from modelyard.serving.fastpath.kernel import Kernel
from modelyard.serving.fastpath.packing import pack, unpack

__all__ = ["Kernel", "certify", "certify_by_reference", "find_kernel", "open_kernel", "pack", "unpack"]
