"""A model's ONNX twin: the same predictions in another runtime, proved by a certificate."""

from modelyard.models.twin.certificate import CERTIFICATE_FILE, TWIN_FILE, Binding, Certificate, read_certificate
from modelyard.models.twin.graph import graph_of_folder, graph_of_object
from modelyard.models.twin.load import Twin, admit_twin, is_onnx, load_twin, open_twin
from modelyard.models.twin.make import Made
from modelyard.models.twin.needs import twin_needs
from modelyard.models.twin.predictor import feed, predictor
from modelyard.models.twin.store import NOTE, store

__all__ = [
    "CERTIFICATE_FILE",
    "NOTE",
    "TWIN_FILE",
    "Binding",
    "Certificate",
    "Made",
    "Twin",
    "admit_twin",
    "feed",
    "graph_of_folder",
    "graph_of_object",
    "is_onnx",
    "load_twin",
    "open_twin",
    "predictor",
    "read_certificate",
    "store",
    "twin_needs",
]
