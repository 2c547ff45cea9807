"""Save models in a form that MLflow's own tools load, wherever there is one.

A scikit-learn model becomes an MLflow model: ``mlflow.pyfunc.load_model("models:/digits@best")``
works, and so does serving it. It is saved by skops, without pickle. Anything else is kept as
Fairlead stores artifacts, beside a ``fairlead.json`` that describes it.
"""

from __future__ import annotations

import logging
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fairlead.errors import MaterializerError, MissingExtraError

#: The description of a model that is not an MLflow model, beside its files.
_RECORD = "fairlead.json"

#: Packages whose types skops may restore though it does not know each by name.
_TRUSTED = {"sklearn", "numpy", "scipy"}


def save_model(model: Any, folder: Path, *, allow_pickle: bool) -> None:
    """Write a model to a folder that does not exist yet.

    Args:
        model: The model.
        folder: Where.
        allow_pickle: Whether loading it may execute code.

    Raises:
        MaterializerError: Nothing can store it here.
        MissingExtraError: It is a scikit-learn model, and skops is not installed.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp(), "model")
        >>> save_model({"weights": [1.5]}, folder, allow_pickle=False)
        >>> load_model(folder, allow_pickle=False)
        {'weights': [1.5]}
    """
    if _is_sklearn(model):
        _save_sklearn(model, folder, allow_pickle=allow_pickle)
        return
    record = _artifacts(folder, allow_pickle=allow_pickle).save(
        model, pipeline="model", step="register", output="model"
    )
    (folder / _RECORD).write_text(record.model_dump_json())


def load_model(folder: Path, *, allow_pickle: bool) -> Any:
    """Return the model that ``save_model`` wrote, or any scikit-learn model of MLflow's.

    Args:
        folder: Where its files lie.
        allow_pickle: Whether loading it may execute code.

    Raises:
        MaterializerError: It may not be loaded here.
        IntegrityError: Its files are not those that were written.
    """
    if (folder / _RECORD).exists():
        from fairlead.store.records import ArtifactRecord

        record = ArtifactRecord.model_validate_json((folder / _RECORD).read_bytes())
        return _artifacts(folder, allow_pickle=allow_pickle).load(record)
    import mlflow.sklearn
    from mlflow.models import Model

    flavor = Model.load(str(folder)).flavors.get("sklearn", {})
    restores = [str(kind) for kind in flavor.get("skops_trusted_types") or []]
    if flavor.get("serialization_format") != "skops":
        restores.append("pickle")
    _check(restores, allow_pickle=allow_pickle)
    return mlflow.sklearn.load_model(str(folder))


def _save_sklearn(model: Any, folder: Path, *, allow_pickle: bool) -> None:
    import mlflow.sklearn

    try:
        import skops.io
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "Registering a scikit-learn model needs skops, which is not installed: install it "
            "with `pip install 'fairlead[sklearn]'`."
        ) from error
    # It warns of every environment without pip, such as uv's: nothing of ours reads conda.yaml.
    logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)
    restores = skops.io.get_untrusted_types(data=skops.io.dumps(model))
    _check(restores, allow_pickle=allow_pickle)
    mlflow.sklearn.save_model(
        model,
        str(folder),
        skops_trusted_types=restores,
        # Named here, because MLflow would start a process and load the model to find out.
        pip_requirements=[
            f"{package}=={version(package)}" for package in ("scikit-learn", "skops", "numpy")
        ],
    )


def _check(restores: list[str], *, allow_pickle: bool) -> None:
    foreign = [kind for kind in restores if kind.partition(".")[0] not in _TRUSTED]
    if foreign and not allow_pickle:
        raise MaterializerError(
            f"Loading the model restores {', '.join(foreign)}, which may execute code: build it of "
            "scikit-learn's own types, or set allow_pickle: true on the stack's model_registry if "
            "everyone who may write to it is trusted."
        )


def _artifacts(folder: Path, *, allow_pickle: bool) -> Any:
    from fairlead.store.artifacts import Artifacts
    from fairlead.store.objects import open_objects

    folder.mkdir(exist_ok=True)
    return Artifacts(open_objects(folder.absolute().as_uri()), allow_pickle=allow_pickle)


def _is_sklearn(model: Any) -> bool:
    """Return whether a model is scikit-learn's or built on it, without importing it."""
    return any(
        kind.__module__ == "sklearn.base" and kind.__name__ == "BaseEstimator"
        for kind in type(model).__mro__
    )
