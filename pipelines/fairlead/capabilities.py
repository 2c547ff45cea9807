"""What a step may ask of a backend, as a table that every adapter declares.

Portable code that asks for what the bound stack cannot do fails before anything runs, with the
step's name; an adapter never warns and goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from fairlead.graph import StepOptions

#: Backends that ``settings={…}`` may name; a step may carry settings for several.
BACKENDS = frozenset(
    {
        "local", "kubernetes", "kubeflow", "airflow", "sagemaker", "vertex", "azureml", "skypilot",
        "ray", "dask", "spark", "batch",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Say what a step operator can do.

    Attributes:
        backend: The name under which ``settings`` speak to it.
        cpu: Honours ``Resources.cpu``.
        memory: Honours ``Resources.memory``.
        gpu: Honours ``Resources.gpu``.
        gpu_type: Honours ``Resources.gpu_type``.
        disk: Honours ``Resources.disk``.
        image: Runs a step in an image of its own.
        settings: Names of the settings that it takes.
        distributed: Kinds of distributed steps that it runs.
    """

    backend: str
    cpu: bool = False
    memory: bool = False
    gpu: bool = False
    gpu_type: bool = False
    disk: bool = False
    image: bool = False
    settings: frozenset[str] = frozenset()
    distributed: frozenset[str] = frozenset()

    def missing(self, options: StepOptions) -> list[str]:
        """List what a step asks for that the backend cannot do, in words.

        Args:
            options: What the step asks for.

        Example:
            >>> Capabilities("local").missing(StepOptions(image="sha256:0"))
            ['image: an image of its own']
        """
        asked = options.resources
        wants = {
            "cpu": asked.cpu is not None and f"{asked.cpu:g} cores",
            "memory": asked.memory is not None and f"{asked.memory} of memory",
            "gpu": asked.gpu > 0 and f"{asked.gpu} accelerators",
            "gpu_type": asked.gpu_type is not None and f"accelerators of type {asked.gpu_type}",
            "disk": asked.disk is not None and f"{asked.disk} of scratch space",
            "image": options.image is not None and "an image of its own",
        }
        able = {field.name: getattr(self, field.name) for field in fields(self)}
        found = [f"{name}: {text}" for name, text in wants.items() if text and not able[name]]
        spread = options.distributed
        if spread is not None and spread.kind not in self.distributed:
            found.append(f"distributed: {spread.nodes} nodes of kind {spread.kind!r}")
        unknown = sorted(set(options.settings.get(self.backend, {})) - self.settings)
        return found + [f"settings[{self.backend!r}][{name!r}]: not a setting" for name in unknown]


def unknown_backends(options: StepOptions) -> list[str]:
    """List backends named in a step's settings that nothing is called."""
    from fairlead.registry import names

    installed = {
        name.partition(".")[2]
        for name in names("fairlead.adapters")
        if name.startswith(("step_operator.", "orchestrator."))
    }
    return sorted(set(options.settings) - BACKENDS - installed)
