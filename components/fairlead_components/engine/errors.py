"""What can go wrong between Fairlead and the Pulumi engine."""

from __future__ import annotations

from fairlead.errors import FairleadError


class EngineInstallError(FairleadError, RuntimeError):
    """Report that the engine could not be built or downloaded."""

    exit_code = 1


class EngineVersionError(FairleadError, RuntimeError):
    """Report an engine that is too old for Fairlead's components."""


class ProjectNotFoundError(FairleadError, FileNotFoundError):
    """Report that no Pulumi project is here or above."""

    def __str__(self) -> str:
        return str(self.args[0])


class StackLockedError(FairleadError, RuntimeError):
    """Report a stack that another, perhaps dead, process has locked."""

    exit_code = 1


class PassphraseError(FairleadError, PermissionError):
    """Report a stack whose secrets need a passphrase that was not given."""

    def __str__(self) -> str:
        return str(self.args[0])
