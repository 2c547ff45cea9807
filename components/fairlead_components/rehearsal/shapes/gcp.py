"""How Google Cloud writes ids and addresses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fairlead_components.rehearsal.shapes.shape import Shape, Subject, plural

PROJECT = "rehearsal"
NUMBER = "123456789012"
REGION = "europe-west1"


def project(subject: Subject) -> str:
    """Return the project that a resource is in."""
    return subject.setting("project", PROJECT)


def service_agent(subject: Subject) -> str:
    """Return the address of the account through which a service acts."""
    agents = {"storage": "gs-project-accounts", "bigquery": "gcp-sa-bigquery"}
    agent = agents.get(subject.service, f"gcp-sa-{subject.service}")
    return f"service-{NUMBER}@{agent}.iam.gserviceaccount.com"


def account_email(subject: Subject) -> str:
    """Return a service account's address."""
    name = subject.text("accountId", default=subject.name)
    return f"{name}@{project(subject)}.iam.gserviceaccount.com"


def path(subject: Subject) -> str:
    """Return a resource's path.

    Example:
        >>> path(Subject("gcp:artifactregistry/repository:Repository", "u", "r", {"location": "x"}))
        'projects/rehearsal/locations/x/repositories/r'
    """
    kinds = plural(subject.type[:1].lower() + subject.type[1:])
    where = subject.text("location", "region", "zone")
    middle = f"/locations/{where}" if where else ""
    ring = subject.text("keyRing")
    if ring:
        return f"{ring}/{kinds}/{subject.name}"
    return f"projects/{project(subject)}{middle}/{kinds}/{subject.name}"


def _link(subject: Subject) -> str:
    return f"https://www.googleapis.com/{subject.service}/v1/{path(subject)}"


class GcpShape(Shape):
    """Make up what Google Cloud would."""

    known = {  # noqa: RUF012 - declared in the base class; the functions come below
        "project": project,
        "projectid": lambda s: s.text("projectId") or project(s),
        "number": lambda _: NUMBER,
        "projectnumber": lambda _: NUMBER,
        "region": lambda s: s.setting("region", REGION),
        "location": lambda s: s.setting("location", s.setting("region", REGION)),
        "zone": lambda s: s.setting("zone", f"{s.setting('region', REGION)}-b"),
        "email": account_email,
        "emailaddress": service_agent,
        "member": lambda s: f"serviceAccount:{account_email(s)}",
        "uniqueid": lambda s: str(int(s.digits(16), 16)).zfill(21)[:21],
        "accesstoken": lambda _: "rehearsal",
        "url": lambda s: f"gs://{s.name}" if s.service == "storage" else _link(s),
        "selflink": _link,
    }  # fmt: skip

    def identifier(self, subject: Subject) -> str:
        """Return a resource's id: its path below its project."""
        if subject.service == "storage" and subject.type == "Bucket":
            return subject.name
        if subject.service == "serviceaccount" and subject.type == "Account":
            email = account_email(subject)
            return f"projects/{project(subject)}/serviceAccounts/{email}"
        return path(subject)

    def function(self, subject: Subject) -> Mapping[str, Any]:
        """Return what the data sources answer that programs read most."""
        if subject.type == "getIAMPolicy":
            bindings = [
                {"role": binding["role"], "members": sorted(binding["members"])}
                for binding in subject.values.get("bindings") or []
            ]
            return {"policyData": json.dumps({"bindings": bindings}, separators=(",", ":"))}
        if subject.type == "getProject":
            named = subject.text("projectId") or project(subject)
            return {"projectId": named, "name": named, "id": f"projects/{named}"}
        if subject.type == "getProjectServiceAccount":
            email = service_agent(subject)
            return {"emailAddress": email, "member": f"serviceAccount:{email}"}
        if subject.type == "getZones":
            here = subject.setting("region", REGION)
            return {"names": [f"{here}-{letter}" for letter in "bcd"]}
        return {}
