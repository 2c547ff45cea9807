"""A folder of this machine."""

from typing import Optional

import pulumi

# ruff: noqa: UP045


class Directory(pulumi.CustomResource):
    """Keep a folder with a mode, and see when either was changed by hand.

    Every ``pulumi up`` looks at the folder first, so that one removed by hand is made again.

    Attributes:
        path: Where it is, absolute.
        mode: Its permissions, octal: ``0700``.

    Args:
        name: The resource's name.
        path: Where it is, absolute. A folder that exists is taken over as it is, with the mode.
        mode: Its permissions, octal; ``0700`` if not given.
        force: Whether deleting the resource deletes what the folder holds; otherwise only an empty
            folder can be deleted.
        opts: Pulumi's options.
    """

    path: pulumi.Output[str]
    mode: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        path: pulumi.Input[str],
        mode: Optional[pulumi.Input[str]] = None,
        force: Optional[pulumi.Input[bool]] = None,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        super().__init__(
            "fairlead:index:Directory", name, {"path": path, "mode": mode, "force": force}, opts
        )
