"""Loads what save.py saved and predicts with it: where the modules beside save.py need not be.

python load.py <store> <run id>
"""

import sys

from modelyard import cloudflow

EXPERIMENT = "composite example"


def main(store, run_id):
    """Load the model of a run, and ask each of the models in it."""
    model = cloudflow.cloudflow_model()
    model.load_model(tracking_uri=store, experiment_id=EXPERIMENT, run_id=run_id)
    print("sentiment:", model.predict(input_type="sentiment", data="a great day"))
    print("translation:", model.predict(input_type="translation", data="The cat sleeps"))
    print("image:", model.predict(input_type="image"))
    print("summary:", model.predict(input_type="summarization")["summary_text"])
    print("shorter:", model.predict(input_type="summarization", max_length=7)["summary_text"])


if __name__ == "__main__":
    main(*sys.argv[1:])
