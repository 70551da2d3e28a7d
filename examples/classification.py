"""Classification: benign or malignant, on the breast cancer data that scikit-learn ships. One run."""

from __future__ import annotations

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, classification_report, f1_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import modelyard


def train(c: float = 0.5, seed: int = 42) -> str:
    """Fit, log, and return the id of the run."""
    data = load_breast_cancer()
    x_train, x_test, y_train, y_test = train_test_split(data.data, data.target, test_size=0.25, random_state=seed)
    with modelyard.start_run(run_name="breast cancer, logistic regression") as run:
        modelyard.set_tags({"task": "classification", "data": "breast_cancer"})
        modelyard.log_params({"C": c, "seed": seed, "train_rows": len(x_train), "test_rows": len(x_test)})
        model = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=1000)).fit(x_train, y_train)
        predicted = model.predict(x_test)
        modelyard.log_metrics(
            {
                "accuracy": accuracy_score(y_test, predicted),
                "f1": f1_score(y_test, predicted),
                "roc_auc": roc_auc_score(y_test, model.predict_proba(x_test)[:, 1]),
            }
        )
        report = classification_report(y_test, predicted, target_names=data.target_names)
        modelyard.log_text(report, "report.txt")
        weights = dict(zip(data.feature_names.tolist(), model[-1].coef_[0].round(4).tolist(), strict=True))
        modelyard.log_dict(weights, "weights.json")
        modelyard.sklearn.log_model(model, "model", input_example=x_train[:3], registered_model_name="breast-cancer")
    return run.info.run_id


if __name__ == "__main__":
    modelyard.set_experiment("examples")
    print(train())
