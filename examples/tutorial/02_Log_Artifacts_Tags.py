"""Log the files of a folder under a name, and tags. The run is in the experiment that was set last, else in Default."""

import json
import os

import modelyard as mlflow

os.makedirs("data", exist_ok=True)
with open("data/data.json", "w", encoding="utf-8") as file:
    json.dump({"CO": 1, "NY": 2}, file, indent=2)
with open("data/features.txt", "w", encoding="utf-8") as file:
    file.write("rooms, zipcode, median_price, school_rating, transport")

tags = {
    "engineering": "ML Platform",
    "release.candidate": "RC1",
    "release.version": "2.2.0",
}

with mlflow.start_run() as run:
    mlflow.set_tags(tags)

    # All the files in the folder "data" go to the folder "states" of the run.
    mlflow.log_artifacts("data", artifact_path="states")

print(f"Artifacts and tags are on the run {run.info.run_id}")
