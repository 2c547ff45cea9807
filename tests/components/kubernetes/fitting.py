"""Fit the digits and register the model: the pipeline that the tests of MLflow run in pods."""

from __future__ import annotations

from typing import Annotated

from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from fairlead import log_figure, log_metrics, pipeline, register_model, step


@step
def fit(c: float) -> Annotated[LogisticRegression, "model"]:
    """Fit and measure."""
    scans, digits = load_digits(return_X_y=True)
    model = LogisticRegression(C=c, max_iter=100).fit(scans[:1000] / 16, digits[:1000])
    log_metrics(accuracy=model.score(scans[1000:] / 16, digits[1000:]))
    figure = Figure(figsize=(2, 2))
    figure.subplots().imshow(model.coef_[0].reshape(8, 8))
    log_figure("weights", figure)
    return model


@step
def register(model: LogisticRegression) -> Annotated[str, "version"]:
    """Register the model."""
    return register_model("digits", model, aliases=["champion"]).version


@pipeline
def training(c: float = 1.0) -> None:
    """Fit and register."""
    register(fit(c=c))
