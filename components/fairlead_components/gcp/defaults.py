"""Where Google Cloud's components are, and what they are labelled with."""

import re
from collections.abc import Mapping

import pulumi
from pulumi_gcp import config
from pulumi_gcp.organizations import get_client_config_output

from fairlead_components.base import ComponentError

#: Characters of a label's value.
_LONGEST = 63


def project_of(given: pulumi.Input[str] | None) -> pulumi.Output[str]:
    """Return the project that resources are made in: known before anything is made.

    Args:
        given: The project that a program asks for; the provider's own if not given.

    Raises:
        ComponentError: When the output is known: neither names one.
    """
    project: pulumi.Input[str] = given or config.project or get_client_config_output().project
    found: pulumi.Output[str] = pulumi.Output.from_input(project)
    return found.apply(lambda known: _given(known, "project", "gcp:project"))


def location_of(given: pulumi.Input[str] | None) -> pulumi.Output[str]:
    """Return the region that data stays in.

    Args:
        given: The region that a program asks for; the provider's own if not given.

    Raises:
        ComponentError: When the output is known: neither names one.
    """
    location: pulumi.Input[str] = given or config.region or get_client_config_output().region
    found: pulumi.Output[str] = pulumi.Output.from_input(location)
    return found.apply(lambda known: _given(known, "location", "gcp:region"))


def _given(found: str | None, argument: str, key: str) -> str:
    if not found:
        raise ComponentError(
            f"{argument}: missing; give it, or set it for all: `pulumi config set {key} …`"
        )
    return found


def required_key(given: pulumi.Input[str] | None, who: str) -> pulumi.Input[str]:
    """Return the key that encrypts what a component holds.

    Args:
        given: The key's resource name.
        who: The component's class, for the error.

    Raises:
        ComponentError: There is none.
    """
    if given is None:
        raise ComponentError(
            f"{who}: key: missing; add `key: {{}}` to the stack's components, or give the resource "
            "name of a key: projects/…/locations/…/keyRings/…/cryptoKeys/…"
        )
    return given


def labels(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags as labels, whose values are lower case letters, digits, - and _.

    Args:
        tags: The tags.

    Example:
        >>> labels({"owner": "ML Team"})
        {'owner': 'ml-team'}

    Source:
        https://cloud.google.com/resource-manager/docs/labels-overview
    """
    return {
        key.lower()[:_LONGEST]: re.sub(r"[^a-z0-9_-]+", "-", value.lower())[:_LONGEST]
        for key, value in tags.items()
    }
