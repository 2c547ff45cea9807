"""Recognise handwritten digits: train three candidates side by side, register the best.

The data are 1,797 scans of 8 by 8 pixels that come with scikit-learn (E. Alpaydin and C. Kaynak,
Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998).

    fairlead run pipelines/examples/digits.py -s local
    fairlead run pipelines/examples/digits.py -s local -p test_size=0.4 -p seed=7
"""

from __future__ import annotations

from typing import Annotated, Any

import pandas as pd
from matplotlib.figure import Figure
from sklearn.base import BaseEstimator
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from fairlead import Resources, log_figure, log_metrics, pipeline, register_model, step

CANDIDATES = ("linear", "forest", "svm")


@step
def load() -> Annotated[pd.DataFrame, "digits"]:
    """Load the scans: a row for each, 64 columns of ink (0 to 16), and the digit as ``target``."""
    digits: pd.DataFrame = load_digits(as_frame=True).frame
    return digits


@step
def profile(digits: pd.DataFrame) -> Annotated[dict[str, Any], "profile"]:
    """Describe the data, so that a shift in a later version is seen."""
    pixels = digits.drop(columns="target")
    examples = digits["target"].value_counts().sort_index()
    log_metrics(rows=len(digits), mean_ink=pixels.to_numpy().mean())
    return {
        "rows": len(digits),
        "blank_pixels": int((pixels.max() == 0).sum()),
        "examples_by_digit": {str(digit): int(count) for digit, count in examples.items()},
    }


@step
def split(
    digits: pd.DataFrame, *, test_size: float, seed: int
) -> tuple[Annotated[pd.DataFrame, "train"], Annotated[pd.DataFrame, "test"]]:
    """Hold out a share of the scans, with every digit as frequent in both parts."""
    train, test = train_test_split(
        digits, test_size=test_size, random_state=seed, stratify=digits["target"]
    )
    return train.reset_index(drop=True), test.reset_index(drop=True)


@step(resources=Resources(cpu=1))
def train(data: pd.DataFrame, *, candidate: str, seed: int) -> Annotated[BaseEstimator, "model"]:
    """Fit one candidate."""
    models = {
        "linear": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "forest": RandomForestClassifier(n_estimators=200, random_state=seed),
        "svm": make_pipeline(StandardScaler(), SVC(C=10)),
    }
    return models[candidate].fit(data.drop(columns="target"), data["target"])


@step
def evaluate(model: BaseEstimator, data: pd.DataFrame) -> Annotated[float, "accuracy"]:
    """Measure a model on scans that it has not seen, and draw what it confuses."""
    truth, guess = data["target"], model.predict(data.drop(columns="target"))
    accuracy = float(accuracy_score(truth, guess))
    log_metrics(accuracy=accuracy, f1=f1_score(truth, guess, average="macro"))

    figure = Figure(figsize=(5, 5), layout="constrained")
    ConfusionMatrixDisplay.from_predictions(truth, guess, ax=figure.subplots(), colorbar=False)
    figure.suptitle(f"accuracy {accuracy:.1%}")
    log_figure("confusion_matrix", figure)
    return accuracy


@step
def choose(
    accuracies: dict[str, float], *, required: float
) -> tuple[Annotated[str, "candidate"], Annotated[float, "accuracy"]]:
    """Take the most accurate candidate, if it is accurate enough for anyone to use."""
    best = max(accuracies, key=lambda candidate: accuracies[candidate])
    if accuracies[best] < required:
        raise ValueError(f"the best, {best}, has {accuracies[best]:.1%} of {required:.1%}")
    log_metrics(accuracy=accuracies[best])
    return best, accuracies[best]


@step
def register(
    models: dict[str, BaseEstimator], candidate: str, accuracy: float
) -> Annotated[str, "version"]:
    """Give the chosen model a name and a version that others load it by."""
    registered = register_model(
        "digits", models[candidate], aliases=["champion"], metrics={"accuracy": accuracy}
    )
    return registered.version


@pipeline
def training(test_size: float = 0.25, seed: int = 0, required_accuracy: float = 0.95) -> None:
    """Train, compare and register.

    Args:
        test_size: The share of the scans that is held out.
        seed: What every random choice follows from.
        required_accuracy: The least accuracy that a model is registered with.
    """
    digits = load()
    profile(digits)
    training_data, test_data = split(digits, test_size=test_size, seed=seed)

    models, accuracies = {}, {}
    for candidate in CANDIDATES:
        model = train.named(f"train_{candidate}")(training_data, candidate=candidate, seed=seed)
        models[candidate] = model
        accuracies[candidate] = evaluate.named(f"evaluate_{candidate}")(model, test_data)

    best, accuracy = choose(accuracies, required=required_accuracy)
    register(models, best, accuracy)
