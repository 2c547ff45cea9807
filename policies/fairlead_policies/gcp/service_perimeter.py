"""``gcp:accesscontextmanager/servicePerimeter:ServicePerimeter``."""

from __future__ import annotations

from fairlead_policies.conditions import undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import STACK, rule
from fairlead_policies.stack import Stack

_PERIMETER = "gcp:accesscontextmanager/servicePerimeter:ServicePerimeter"
#: The services that hold data, by the types that use them.
_SERVICES = {
    "gcp:storage/": "storage",
    "gcp:vertex/": "aiplatform",
    "gcp:artifactregistry/": "artifactregistry",
    "gcp:bigquery/": "bigquery",
    "gcp:secretmanager/": "secretmanager",
    "gcp:kms/": "cloudkms",
}


@rule("GCP-NET-04", STACK)
def a_perimeter_surrounds_it(_whole: Resource, stack: Stack) -> Problems | None:
    """Require, where nothing may leave, a perimeter around the services that the stack uses."""
    settings = stack.settings
    used = {f"{name}.googleapis.com" for prefix, name in _SERVICES.items() if stack.has(prefix)}
    if not settings.vpc or settings.external_service_perimeter or not used:
        return None
    perimeters = stack.of(_PERIMETER)
    if not perimeters:
        return [Violation("no ServicePerimeter surrounds the services that the stack uses")]
    unknown = False
    for one in perimeters:
        services = set(one.each("status.restrictedServices"))
        enabled = one.get("status.vpcAccessibleServices.enableRestriction")
        if used <= services and enabled is True:
            return []
        unknown = unknown or UNKNOWN in services or enabled is UNKNOWN
    if unknown:
        return [undecided("status.restrictedServices")]
    return [
        Violation(
            "`status.restrictedServices` must hold every service that the stack uses, and "
            "`status.vpcAccessibleServices.enableRestriction` be true"
        )
    ]
