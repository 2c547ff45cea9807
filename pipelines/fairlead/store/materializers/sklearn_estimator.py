"""scikit-learn estimators by skops, which rebuilds known types instead of executing code."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO, ClassVar

from pydantic import JsonValue

from fairlead.errors import MaterializerError
from fairlead.store.materializers.base import UnsuitableError

#: What fitted estimators of scikit-learn hold beside the types that skops trusts by itself: trees,
#: neighbours, kernels, losses. By full name, never by package: a module that imports a dangerous
#: function offers it under its own name (``sklearn.utils._testing.check_output``).
_TRUSTED = re.compile(
    r"""
    sklearn\.tree\._tree\.Tree
  | sklearn\.ensemble\._hist_gradient_boosting\.predictor\.TreePredictor
  | sklearn\.neighbors\.(_kd_tree\.KDTree|_ball_tree\.BallTree)(32|64)?
  | sklearn\.metrics\._dist_metrics\.[A-Z][A-Za-z]*Distance(32|64)?
  | sklearn\._loss\.(loss|link)\.[A-Z][A-Za-z]*(Loss[A-Za-z]*|Link)
  | sklearn\.neural_network\._stochastic_optimizers\.(Adam|SGD)Optimizer
  | sklearn\.calibration\._(CalibratedClassifier|SigmoidCalibration)
  | sklearn\.gaussian_process\._gpc\._BinaryGaussianProcessClassifierLaplace
  | sklearn\.gaussian_process\.kernels\.(ConstantKernel|Product|Sum|Exponentiation|RBF|Matern|
      WhiteKernel|RationalQuadratic|ExpSineSquared|DotProduct|CompoundKernel|PairwiseKernel)
  | sklearn\.cluster\._bisect_k_means\._BisectingTree
  | sklearn\.cluster\._kmeans\._kmeans_single_(lloyd|elkan)
  | sklearn\.feature_selection\._univariate_selection\.(f_classif|f_regression|f_oneway|chi2|
      r_regression)
  | sklearn\.feature_selection\._mutual_info\.mutual_info_(classif|regression)
  | numpy\.(dtype|mean)
  | scipy\.sparse\._cs[rc]\.cs[rc]_(matrix|array)
  | scipy\.interpolate\._bsplines\.BSpline
    """,
    re.VERBOSE,
)
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


class SklearnEstimator:
    """Store ``sklearn.base.BaseEstimator`` where the store refuses code on load.

    skops numbers objects by their address and stamps the time; both are made the same for equal
    estimators. An estimator that holds types of other packages (a function, a class of the user) is
    refused with their names.

    Source:
        https://skops.readthedocs.io/en/stable/persistence.html
    """

    name: ClassVar[str] = "sklearn"
    version: ClassVar[int] = 1
    deterministic: ClassVar[bool] = True
    executes_code_on_load: ClassVar[bool] = False
    streams: ClassVar[bool] = False

    def write(self, value: Any, file: BinaryIO) -> dict[str, JsonValue]:
        """Write an estimator."""
        try:
            import skops.io
        except ImportError:
            raise UnsuitableError("skops is not installed: install fairlead[sklearn]") from None
        import sklearn

        try:
            content = skops.io.dumps(value)
            foreign = _foreign(skops.io.get_untrusted_types(data=content))
        except Exception as error:
            # Whatever an estimator's attributes raise while they are looked at.
            raise UnsuitableError(f"skops cannot store it ({error})") from error
        if foreign:
            raise UnsuitableError(f"skops does not trust {', '.join(foreign)}")
        file.write(_normalised(content))
        return {
            "class": f"{type(value).__module__}.{type(value).__qualname__}",
            "sklearn": sklearn.__version__,
            "preview": repr(value)[:500],
        }

    def read(self, file: BinaryIO, metadata: Mapping[str, JsonValue], annotation: Any) -> Any:
        """Return the estimator."""
        del metadata, annotation
        import skops.io

        content = file.read()
        untrusted = skops.io.get_untrusted_types(data=content)
        if foreign := _foreign(untrusted):
            raise MaterializerError(
                f"a stored estimator holds types that are not trusted: {', '.join(foreign)}. "
                "It was not written by Fairlead; make it anew."
            )
        return skops.io.loads(content, trusted=untrusted)


def _foreign(types: list[str]) -> list[str]:
    return [name for name in types if not _TRUSTED.fullmatch(name)]


def _normalised(content: bytes) -> bytes:
    """Number the objects of a skops file in their order, and leave out the time."""
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        schema = json.loads(source.read("schema.json"))
        numbers: dict[int, int] = {}
        files: dict[str, str] = {}
        schema = _renumber(schema, numbers, files)
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for old, new in sorted(files.items(), key=lambda item: item[1]):
                archive.writestr(zipfile.ZipInfo(new, _ZIP_TIME), source.read(old))
            info = zipfile.ZipInfo("schema.json", _ZIP_TIME)
            archive.writestr(info, json.dumps(schema, sort_keys=True))
    return target.getvalue()


def _renumber(node: Any, numbers: dict[int, int], files: dict[str, str]) -> Any:
    if isinstance(node, list):
        return [_renumber(item, numbers, files) for item in node]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for key in sorted(node):
        value = node[key]
        if key == "__id__":
            result[key] = numbers.setdefault(value, len(numbers) + 1)
        elif key == "file" and isinstance(value, str) and "__loader__" in node:
            suffix = value.rpartition(".")[2]
            result[key] = files.setdefault(value, f"{len(files):08}.{suffix}")
        else:
            result[key] = _renumber(value, numbers, files)
    return result
