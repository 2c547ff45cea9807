"""Every error Fairlead raises: each says what happened, where, and the fix."""

from __future__ import annotations

from collections.abc import Sequence


class FairleadError(Exception):
    """Report something a person can act on; the root of all errors raised by Fairlead.

    Attributes:
        exit_code: The status a command line ends with: 2 for a mistake in what the user wrote or
            asked, 1 for work that was started and failed, 130 for an interruption.

    Example:
        >>> FairleadError("step 'load' has no type annotation").exit_code
        2
    """

    exit_code = 2

    def _render_traceback_(self) -> list[str]:
        """Show a notebook the message alone: where we noticed is no help to who reads it."""
        return [f"{type(self).__name__}: {self}"]


class ConfigError(FairleadError, ValueError):
    """Report every problem of a configuration at once, each with its path and its fix.

    Args:
        source: The file or object that was read.
        problems: One sentence for each problem.
    """

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source = source
        self.problems = list(problems)
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        count = len(self.problems)
        super().__init__(f"{source}: {count} problem{'s' if count != 1 else ''}\n{lines}")


class ManifestError(FairleadError, ValueError):
    """Report a stack manifest that is missing, malformed or too new for this version."""


class StackNotFoundError(FairleadError, LookupError):
    """Report a stack that does not exist or that nothing has provisioned yet."""


class ProjectExistsError(FairleadError, FileExistsError):
    """Report a folder in which a new project cannot be started."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class EngineNotFoundError(FairleadError, FileNotFoundError):
    """Report that the Pulumi command line is not on this machine."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class MissingExtraError(FairleadError, ImportError):
    """Report an adapter whose optional dependency is not installed."""


class UnknownFlavorError(FairleadError, LookupError):
    """Report a flavor that neither Fairlead nor an installed package provides."""


class PipelineError(FairleadError, ValueError):
    """Report a pipeline that cannot be traced: its shape, names or annotations."""


class EdgeTypeError(PipelineError, TypeError):
    """Report an output wired into an input of another type."""


class ParameterError(FairleadError, TypeError):
    """Report a parameter with an unknown name or a value of the wrong type."""


class CapabilityError(FairleadError, NotImplementedError):
    """Report portable code that asks for what the bound stack cannot do."""


class MaterializerError(FairleadError, TypeError):
    """Report a value that no materializer can store, or that may not be loaded here."""


class StoreError(FairleadError, OSError):
    """Report an artifact store that cannot be read or written."""

    exit_code = 1

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class ObjectNotFoundError(StoreError, FileNotFoundError):
    """Report an object that is not in the store."""


class IntegrityError(StoreError):
    """Report bytes that do not have the digest under which they were recorded."""


class RunNotFoundError(FairleadError, LookupError):
    """Report a run, step or artifact version that the store does not hold."""


class ModelNotFoundError(FairleadError, LookupError):
    """Report a model, or a version or alias of one, that the registry does not hold."""


class SecretNotFoundError(FairleadError, LookupError):
    """Report a secret that the stack's secret store does not hold."""


class SecretStoreError(FairleadError, OSError):
    """Report a secret store that others can read, or a secret that it cannot hold."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class StepFailedError(FairleadError, RuntimeError):
    """Report a step whose own code failed, with the traceback cut at Fairlead's boundary."""

    exit_code = 1


class RunFailedError(FairleadError, RuntimeError):
    """Report a run that ended with failed steps."""

    exit_code = 1


class RunCancelledError(FairleadError, RuntimeError):
    """Report a run that a person interrupted."""

    exit_code = 130


class BackendError(FairleadError, RuntimeError):
    """Report a backend that refused or lost what was submitted to it."""

    exit_code = 1


class BackendAccessError(BackendError):
    """A backend does not let this person in: no login, a wrong or an old one, or too few rights."""

    exit_code = 2


class RetryableBackendError(BackendError):
    """Report a backend failure that may pass: the same call is worth trying again."""
