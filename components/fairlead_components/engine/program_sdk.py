"""Tell before Pulumi does that a stack's program has no Pulumi SDK to import."""

from __future__ import annotations

from importlib.util import find_spec

from fairlead.errors import MissingExtraError
from fairlead_components.engine.projects import Project


def require_sdk(project: Project) -> None:
    """Refuse to start a Python program that could not import ``pulumi``.

    Programs run in this Python environment, unless their project names another one.

    Args:
        project: Whose program it is.

    Raises:
        MissingExtraError: It would run here, and Fairlead was installed without any stack's extra.
    """
    runtime = project.settings.get("runtime")
    settings = runtime if isinstance(runtime, dict) else {"name": runtime}
    options = settings.get("options") or {}
    elsewhere = "virtualenv" in options or "toolchain" in options
    if settings.get("name") == "python" and not elsewhere and find_spec("pulumi") is None:
        raise MissingExtraError(
            f"The program in {project.directory} needs Pulumi's Python SDK, which is not installed "
            "here: pip install 'fairlead[local]', or the extra of the stack's cloud, as "
            "'fairlead[aws]'."
        )
