"""The train/predict service: a front that answers, and processes beside it that train and predict."""
