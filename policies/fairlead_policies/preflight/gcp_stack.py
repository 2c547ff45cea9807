"""The service accounts of a stack on Google Cloud with every binding and deny policy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from fairlead_policies.preflight import gcp
from fairlead_policies.preflight.decision import Decision, Grant
from fairlead_policies.preflight.evaluator import Call, Principal
from fairlead_policies.preflight.gcp import Binding, Bindings, DenyRule, Request
from fairlead_policies.resource import UNKNOWN, Resource, Unknown, each, lookup
from fairlead_policies.stack import Stack

ACCOUNT = "gcp:serviceaccount/account:Account"
BUCKET = "gcp:storage/bucket:Bucket"
CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"

#: Type of what binds, without Member, Binding or Policy → the property that says on what.
_ON = {
    "gcp:storage/bucketIAM": "bucket",
    "gcp:projects/iAM": "project",
    "gcp:kms/cryptoKeyIAM": "cryptoKeyId",
    "gcp:kms/keyRingIAM": "keyRingId",
    "gcp:artifactregistry/repositoryIam": "repository",
    "gcp:serviceaccount/iAM": "serviceAccountId",
    "gcp:secretmanager/secretIam": "secretId",
}


class GcpStack:
    """Answer for Google Cloud; see ``Evaluator``.

    Args:
        stack: The stack's resources.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._emails = {one.urn: _email(one) for one in stack.of(ACCOUNT)}
        self._projects = {
            str(one.get("name")): one.get("project")
            for one in stack.of(BUCKET)
            if isinstance(one.get("project"), str)
        }
        roles = {_role_name(one): one.each("permissions") for one in stack.of(CUSTOM_ROLE)}
        self._all = Bindings(tuple(self._bindings()), tuple(self._denies()), roles)

    def principal(self, reference: str, contract: Mapping[str, Any]) -> Principal | None:
        """Return the service account whose email a reference is."""
        del contract
        email = reference.removeprefix("serviceAccount:")
        for urn, known in self._emails.items():
            if known == email:
                return Principal(f"serviceAccount:{email}", urn)
        return None

    def decide(self, principal: Principal, one: Call) -> Decision:
        """Return whether a call is allowed."""
        bucket = one.resource.removeprefix("projects/_/buckets/").partition("/")[0]
        attributes = {key: value for key, value in one.context.items() if value is not None}
        project = self._projects.get(bucket, "")
        request = Request(principal.name, one.action, one.resource, project, attributes)
        return gcp.decide(request, self._all)

    def grants(self, principal: Principal) -> Sequence[Grant]:
        """Return what bindings grant to the service account."""
        return list(gcp.grants(principal.name, self._all))

    def exercises(self, one: Call, grant: Grant) -> bool:
        """Return whether a call makes use of a grant."""
        if one.action != grant.action:
            return False
        whole = grant.resource == "*" or grant.resource.count("/") <= 1  # a project holds it
        return (
            whole or one.resource == grant.resource or one.resource.startswith(f"{grant.resource}/")
        )

    def exceeds(self, calls: Sequence[Call], grant: Grant) -> bool:
        """Return whether a grant is on a whole project where calls reach single resources."""
        del calls
        return grant.resource.count("/") <= 1 and grant.resource.startswith("projects/")

    def trusts(self, principal: Principal, one: Call) -> None:
        """Leave it to the permission to act as the account: it is all that there is."""
        del principal, one

    def _bindings(self) -> Iterator[Binding]:
        for one in self._stack.resources:
            on = next((key for key in _ON if one.type.startswith(key)), "")
            kind = one.type.removeprefix(on).partition(":")[0] if on else ""
            if kind in {"Member", "Binding"}:
                yield self._binding(one, _ON[on], one.props, self._members(one))
            elif kind == "Policy":
                data = one.get("policyData")
                try:
                    listed = json.loads(data)["bindings"] if isinstance(data, str) else [UNKNOWN]
                except (ValueError, KeyError):
                    listed = [UNKNOWN]
                for entry in listed:
                    known: Mapping[str, Any] = entry if isinstance(entry, Mapping) else _OPEN
                    members = tuple(each(known.get("members")))
                    yield self._binding(one, _ON[on], known, members)

    def _binding(
        self, one: Resource, on: str, entry: Mapping[str, Any], members: tuple[Any, ...]
    ) -> Binding:
        given = entry.get("role")
        role: str | Unknown = given if isinstance(given, str) else UNKNOWN
        custom = self._stack.sources(one, "role", CUSTOM_ROLE)
        if role is UNKNOWN and len(custom) == 1:
            role = _role_name(custom[0])
        condition = entry.get("condition")
        expression = lookup(condition, "expression") if condition is not None else ""
        name = one.name if role is UNKNOWN else str(role)
        return Binding(self._scope(one, on), role, members, expression or "", name)

    def _members(self, one: Resource) -> tuple[Any, ...]:
        found = [*one.each("member"), *one.each("members")]
        sources = self._stack.sources(one, "member", ACCOUNT)
        if found == [UNKNOWN] and len(sources) == 1:
            return (f"serviceAccount:{self._emails[sources[0].urn]}",)
        return tuple(found)

    def _scope(self, one: Resource, on: str) -> str | Unknown:
        value = one.get(on)
        owners = self._stack.sources(one, on, BUCKET)
        if value is UNKNOWN and len(owners) == 1:
            value = owners[0].get("name")
        if not isinstance(value, str):
            return UNKNOWN
        if on == "bucket":
            return f"projects/_/buckets/{value.removeprefix('b/')}"
        if on == "project":
            return f"projects/{value}"
        if on == "repository" and "/" not in value:
            return _repository(value, one.get("project"), one.get("location"))
        return value

    def _denies(self) -> Iterator[DenyRule]:
        for one in self._stack.of("gcp:iam/denyPolicy:DenyPolicy"):
            parent = one.get("parent")
            scope = unquote(parent).partition("/")[2] if isinstance(parent, str) else UNKNOWN
            for entry in one.each("rules"):
                rule = lookup(entry, "denyRule")
                if not isinstance(rule, Mapping):
                    yield DenyRule(scope, (UNKNOWN,), (UNKNOWN,))
                    continue
                condition = rule.get("denialCondition")
                yield DenyRule(
                    scope,
                    tuple(each(rule.get("deniedPrincipals"))),
                    tuple(each(rule.get("deniedPermissions"))),
                    tuple(each(rule.get("exceptionPrincipals"))),
                    tuple(each(rule.get("exceptionPermissions"))),
                    (lookup(condition, "expression") if condition is not None else "") or "",
                )


#: A binding of which nothing is known.
_OPEN: Mapping[str, Any] = {"role": UNKNOWN, "members": [UNKNOWN]}


def _repository(name: str, project: Any, location: Any) -> str | Unknown:
    if not isinstance(project, str) or not isinstance(location, str):
        return UNKNOWN
    return f"projects/{project}/locations/{location}/repositories/{name}"


def _email(account: Resource) -> str:
    """Return an account's email; its urn where its project is not known."""
    name, project = account.get("accountId"), account.get("project")
    if isinstance(name, str) and isinstance(project, str):
        return f"{name}@{project}.iam.gserviceaccount.com"
    return account.urn


def _role_name(role: Resource) -> str:
    project, name = role.get("project"), role.get("roleId")
    if isinstance(project, str) and isinstance(name, str):
        return f"projects/{project}/roles/{name}"
    return role.urn
