"""Models as ONNX graphs: a converter for each framework, found under its flavor's name."""

from modelyard.models.convert.contract import Converted, Converter, GraphInput, GraphOutput
from modelyard.models.convert.find import converter, graphs

__all__ = ["Converted", "Converter", "GraphInput", "GraphOutput", "converter", "graphs"]
