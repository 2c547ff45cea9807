"""The identity of every function on this machine: the operating system's user."""

import os
from dataclasses import dataclass
from typing import Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class LocalIdentityArgs:
    """Say who runs.

    Attributes:
        user: The operating system's user; who provisions the stack if not given.
    """

    user: Optional[pulumi.Input[str]] = None


class LocalIdentity(Component):
    """Name one user for all functions: a laptop does not tell them apart, other stacks do."""

    kind = "identity"
    flavor = "local"

    def __init__(
        self,
        name: str,
        args: LocalIdentityArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(LocalIdentityArgs, args)
        super().__init__(name, args, opts)
        user = args.user or _user()
        functions = ("submitter", "runner", "step", "deployer", "serving", "reader", "maintainer")
        self.publish(**dict.fromkeys(functions, user))


def _user() -> str:
    """Return the user's name, or number where a container's user has no name."""
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return os.environ.get("USERNAME") or str(os.getuid())
