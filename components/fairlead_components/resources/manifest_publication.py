"""The copy of a stack's manifest that its artifact store holds."""

from typing import Any, Optional

import pulumi

# ruff: noqa: UP045


class ManifestPublication(pulumi.CustomResource):
    """Publish a stack's manifest in an artifact store, for readers without access to Pulumi.

    The copy is ``manifests/current/<n>-<stack>.json``. None is overwritten: the highest n counts.

    Attributes:
        path: Where the copy lies, relative to the store's root.

    Args:
        name: The resource's name.
        store: The store's URL.
        stack: The stack's name.
        manifest: The manifest as JSON data.
        contract: The store's contract, where its URL does not say how it is reached.
        opts: Pulumi's options.
    """

    path: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        store: pulumi.Input[str],
        stack: pulumi.Input[str],
        manifest: pulumi.Input[dict[str, Any]],
        contract: Optional[pulumi.Input[dict[str, Any]]] = None,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        properties = {
            "store": store,
            "stack": stack,
            "manifest": manifest,
            "contract": contract,
            "path": None,
        }
        super().__init__("fairlead:index:ManifestPublication", name, properties, opts)
