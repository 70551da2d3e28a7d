"""Saves a predict function with four models, and the five modules it needs, as one model of a run.

    python save.py [store]

The models are small and made here: scikit-learn, torch (a plain function where it is not installed), an object of a
class of this script, and a lambda.
"""

import sys

import download_file
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import modelyard as mlflow
from modelyard import cloudflow

try:
    import torch
except ImportError:
    torch = None

EXPERIMENT = "composite example"


class Dictionary:
    """Translates word by word."""

    def __init__(self, words):
        self.words = words

    def translate(self, text):
        """The text with the words that are known put into the other language."""
        return " ".join(self.words.get(word, word) for word in text.lower().split())


def sentiments():
    """A pipeline of scikit-learn that tells glad sentences from sad ones."""
    texts = ["a good day", "what a great and good thing", "a bad day", "what a bad and awful thing"]
    return make_pipeline(CountVectorizer(), LogisticRegression()).fit(texts, ["glad", "glad", "sad", "sad"])


def brightness():
    """A network of one layer that answers how bright the left and the right half of a picture are."""
    if torch is None:
        return lambda image: [sum(row[place] for row in image for place in half) / 8 for half in ((0, 1), (2, 3))]
    layer = torch.nn.Linear(16, 2, bias=False)
    left = [[1 / 8, 1 / 8, 0, 0] * 4, [0, 0, 1 / 8, 1 / 8] * 4]
    layer.weight.data = torch.tensor(left)
    return torch.nn.Sequential(torch.nn.Flatten(0), layer)


def predict_to_save(
    sentiment_model,
    summarization_model,
    translation_model,
    image_classification,
    input_type,
    data=None,
    min_length=0,
    max_length=150,
):
    """One function for four models; which of them works is the first of its own parameters."""
    if input_type == "sentiment":
        return str(sentiment_model.predict([data])[0])
    if input_type == "translation":
        return translation_model.translate(data)
    if input_type == "image":
        image = download_file.download_image(4)
        scores = image_classification(image) if torch is None else image_classification(torch.tensor(image)).detach()
        left, right = map(float, scores)
        return {"label": "left" if left > right else "right", "score": max(left, right)}
    if input_type == "summarization":
        if data is None:
            data = download_file.download_story()
        return {"summary_text": summarization_model(data)[min_length:max_length], "input_text": data}
    raise ValueError("Invalid input type selected")


def main(store):
    """Save everything under a new run, and print the run's id."""
    cloudflow.prepare_env(store, EXPERIMENT)
    with mlflow.start_run(experiment_id=EXPERIMENT) as run:
        mlflow.log_metric("test_metrics", 0.99)
        cloudflow.cloudflow_model().save(
            tracking_uri=store,
            experiment_id=EXPERIMENT,
            run_id=run.info.run_id,
            predict_function=predict_to_save,
            models={
                "summarization_model": lambda text: text.split(". ")[0] + ".",
                "image_classification": brightness(),
                "translation_model": Dictionary({"the": "le", "cat": "chat", "sleeps": "dort"}),
                "sentiment_model": sentiments(),
            },
        )
    print(run.info.run_id)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else mlflow.get_tracking_uri())
