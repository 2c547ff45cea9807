"""A password that nobody chose and nobody sees.

``pulumi up --replace URN`` makes a new one.
"""

from typing import Optional

import pulumi

# ruff: noqa: UP045


class Password(pulumi.CustomResource):
    """Generate a password once, and keep it encrypted in Pulumi's state.

    Attributes:
        value: The password, a secret.

    Args:
        name: The resource's name.
        length: Characters, letters and digits.
        opts: Pulumi's options.
    """

    value: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        length: int = 40,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["value"])
        properties = {"length": length, "value": None}
        super().__init__(
            "fairlead:index:Password",
            name,
            properties,
            pulumi.ResourceOptions.merge(opts, hidden),
        )
