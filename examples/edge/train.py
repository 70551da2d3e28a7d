"""Train a classifier of wines, save it with its ONNX twin, and write a page that predicts without a server."""

from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

import modelyard as mlflow
from modelyard.edge import export_page

wines = load_wine(as_frame=True)
features = wines.data.rename(columns=lambda name: name.replace("_", " "))
cultivar = wines.target.map(dict(enumerate(["Barolo", "Grignolino", "Barbera"])))
train, test, train_target, test_target = train_test_split(features, cultivar, random_state=40)

model = RandomForestClassifier(50, random_state=40).fit(train, train_target)
mlflow.sklearn.save_model(model, "wine", input_example=test.head(1), training_data=train, onnx=True)

twin = mlflow.onnx.load_twin("wine")
print(f"accuracy of the model: {model.score(test, test_target):.3f}")
print(f"accuracy of its twin:  {(twin.predict(test) == test_target).mean():.3f}")
print(f"the example is a {twin.predict(test.head(1))[0]}")
print(f"open {export_page('wine', 'wine-page', title='Which wine is it?')}")
