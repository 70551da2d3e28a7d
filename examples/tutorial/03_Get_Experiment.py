"""Read an experiment: `python 03_Get_Experiment.py EXPERIMENT_ID`, by default that of the experiment Default."""

import sys

import modelyard as mlflow

client = mlflow.tracking.MlflowClient()

experiment_id = sys.argv[1] if len(sys.argv) > 1 else "0"
experiment = client.get_experiment(experiment_id)

print(f"Name: {experiment.name}")
print(f"Experiment_id: {experiment.experiment_id}")
print(f"Artifact Location: {experiment.artifact_location}")
print(f"Tags: {experiment.tags}")
print(f"Lifecycle_stage: {experiment.lifecycle_stage}")
