"""The stack manifest: the one document that provisioning hands to the run time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, Self

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fairlead.contracts.base import VERSION, secret_paths

Kind = Literal[
    "artifact_store", "container_registry", "image_builder", "orchestrator", "step_operator",
    "experiment_tracker", "model_registry", "model_deployer", "secret_store", "schedule",
    "network", "identity", "key", "cluster",
]  # fmt: skip

#: The one kind of which a stack has several, by name, under the plural key.
STEP_OPERATORS = "step_operators"


def manifest_digest(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a manifest over its RFC 8785 JSON without the digest itself.

    Args:
        document: The manifest as JSON data.

    Example:
        >>> manifest_digest({"schema": "1.0"})[:14]
        'sha256:6637012'

    Source:
        https://www.rfc-editor.org/rfc/rfc8785
    """
    body = {key: value for key, value in document.items() if key != "digest"}
    return "sha256:" + hashlib.sha256(rfc8785.dumps(body)).hexdigest()


class StackManifest(BaseModel):
    """Hold all contracts of a stack, unparsed until a component is asked for.

    A component of a flavor that this reader does not know therefore hinders nobody who does not
    use it. Any tool may produce the document: Pulumi, Terraform, a person.

    Attributes:
        schema_version: ``major.minor`` of the document (key ``schema``).
        stack: The stack's name.
        provider: The provider whose defaults the stack uses.
        digest: SHA-256 of everything else; verified when given, computed when not.
        components: Contract by kind; ``step_operators`` maps names to contracts.
    """

    # Keys that this reader does not know are kept: the digest is of all of the document.
    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    schema_version: str = Field(default=VERSION, alias="schema")
    stack: str
    provider: str
    digest: str = ""
    components: dict[str, dict[str, Any]]

    @model_validator(mode="before")
    @classmethod
    def _check_document(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise ValueError("a manifest is a JSON object")  # noqa: TRY004 - pydantic's protocol
        version = str(data.get("schema", VERSION))
        if version.partition(".")[0] != VERSION.partition(".")[0]:
            raise ValueError(
                f"manifest schema {version} is not readable by this Fairlead (it reads "
                f"{VERSION.partition('.')[0]}.x): upgrade with `pip install -U fairlead`"
            )
        if paths := secret_paths(data):
            raise ValueError(f"{', '.join(paths)}: looks like a secret's value")
        computed = manifest_digest(data)
        given = data.get("digest")
        if given and given != computed:
            raise ValueError(
                f"the digest is {given}, but the content has {computed}: it was edited"
            )
        return {**data, "digest": computed}

    @classmethod
    def build(cls, stack: str, provider: str, components: Mapping[str, Any]) -> Self:
        """Make a manifest from contracts given as JSON data, with its digest.

        Example:
            >>> StackManifest.build("local", "local", {}).schema_version
            '1.0'
        """
        return cls.model_validate(
            {"schema": VERSION, "stack": stack, "provider": provider, "components": components}
        )

    def document(self) -> dict[str, Any]:
        """Return the manifest as JSON data, as it is published."""
        return self.model_dump(by_alias=True)
