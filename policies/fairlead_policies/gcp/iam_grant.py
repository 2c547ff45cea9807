"""IAM members and bindings, on projects and on single resources."""

from __future__ import annotations

import re
from typing import Any

from fairlead_policies.conditions import require, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

ANY = ("gcp:*IAMMember", "gcp:*IAMBinding", "gcp:*IamMember", "gcp:*IamBinding")
PROJECT = ("gcp:projects/iAMMember:IAMMember", "gcp:projects/iAMBinding:IAMBinding")
_PUBLIC = {"allUsers", "allAuthenticatedUsers"}
_IMPERSONATION = {
    "roles/iam.serviceAccountTokenCreator",
    "roles/iam.serviceAccountUser",
    "roles/iam.workloadIdentityUser",
    "roles/iam.serviceAccountKeyAdmin",
}
_ADMIN = re.compile(r"^roles/(?:[\w.]+\.admin|iam\.securityAdmin|resourcemanager\.\w*IamAdmin)$")
#: What Google itself runs as: in projects of its own, under names that it assigns.
_AGENT = re.compile(
    r"@(?:gcp-sa-[\w-]+|gs-project-accounts|gae-api-prod\.google\.com|compute-system"
    r"|container-engine-robot|cloudcomposer-accounts|serverless-robot-prod)"
    r"(?:\.iam\.gserviceaccount\.com)?$|^serviceAccount:\d+@cloudservices\.gserviceaccount\.com$"
)
#: A service account, or a Kubernetes one of a workload identity pool; both name their project.
_ACCOUNT = re.compile(
    r"^(?:deleted:)?serviceAccount:(?:[^@\[]+@([^.@]+)\.iam\.gserviceaccount\.com"
    r"|([^.@\[]+)\.svc\.id\.goog\[)"
)


def members(grant: Resource) -> list[Any]:
    """Return whom something is granted."""
    return grant.each("member") + grant.each("members")


def is_agent(member: str) -> bool:
    """Tell whether a member is one of Google's own service agents.

    Example:
        >>> is_agent("serviceAccount:service-42@gs-project-accounts.iam.gserviceaccount.com")
        True
    """
    return _AGENT.search(member) is not None


@rule("GCP-IAM-01", *ANY)
def is_not_public(grant: Resource, _stack: Stack) -> Problems:
    """Refuse everybody, with or without an account."""
    return [
        problem
        for one in members(grant)
        for problem in require(
            one, lambda v: v not in _PUBLIC, "member", "the role is granted to everybody"
        )
    ]


@rule("GCP-IAM-02", *PROJECT)
def is_no_basic_role(grant: Resource, _stack: Stack) -> Problems:
    """Refuse owner and editor."""
    basic = {"roles/owner", "roles/editor"}
    return require(
        grant.get("role"), lambda v: v not in basic, "role", "`role` must not be owner or editor"
    )


@rule("GCP-IAM-04", *PROJECT)
def impersonates_nobody_project_wide(grant: Resource, _stack: Stack) -> Problems:
    """Refuse acting as every service account of a project."""
    return require(
        grant.get("role"),
        lambda v: v not in _IMPERSONATION,
        "role",
        "`role` must be granted on the service account, not on the project",
    )


@rule("GCP-IAM-05", *PROJECT)
def service_accounts_administrate_nothing(grant: Resource, _stack: Stack) -> Problems:
    """Refuse administrators' roles to service accounts, but to Google's own agents."""
    role = grant.get("role")
    who = members(grant)
    unknown = [undecided("member")] if UNKNOWN in who else []
    accounts = [one for one in who if isinstance(one, str) and one.startswith("serviceAccount:")]
    if not any(not is_agent(one) for one in accounts) and not unknown:
        return []
    found = require(
        role,
        lambda v: _ADMIN.match(str(v)) is None,
        "role",
        "`role` must not make a service account an administrator",
    )
    if unknown and found and isinstance(found[0], Violation) and not accounts:
        return list(unknown)
    return found


@rule("GCP-IAM-08", *ANY)
def stays_within_its_environment(grant: Resource, stack: Stack) -> Problems | None:
    """Refuse service accounts of projects of other environments."""
    if not stack.settings.environments:
        return None
    own = stack.settings.owned("gcp_projects")
    problems: Problems = []
    for one in members(grant):
        problems += require(
            one,
            lambda v: _project_is_own(str(v), own),
            "member",
            "`member` is of a project of no own environment",
        )
    return problems


def _project_is_own(member: str, own: frozenset[str]) -> bool:
    found = _ACCOUNT.match(member)
    return found is None or is_agent(member) or (found[1] or found[2]) in own
