"""``aws:batch/jobDefinition:JobDefinition``: the container's properties are JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fairlead_policies.conditions import SECRET_NAME, require, undecided
from fairlead_policies.resource import UNKNOWN, Resource, each, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

DEFINITION = "aws:batch/jobDefinition:JobDefinition"
_PATH = "containerProperties"
_ROOT = {None, "", "0", "root"}


def _container(definition: Resource) -> tuple[Any, Problems]:
    """Return the container's properties, or why they cannot be read."""
    value = definition.get(_PATH)
    if value is UNKNOWN:
        return None, [undecided(_PATH)]
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None, [Violation(f"`{_PATH}` is not valid JSON")]
    return (value, []) if isinstance(value, Mapping) else (None, [])


@rule("AWS-BAT-01", DEFINITION)
def is_not_privileged(definition: Resource, stack: Stack) -> Problems | None:
    """Refuse privileged containers, and root in production."""
    container, problems = _container(definition)
    if container is None:
        return problems or None
    problems += require(
        lookup(container, "privileged"),
        lambda v: v is not True,
        f"{_PATH}.privileged",
        f"`{_PATH}.privileged` must not be true",
    )
    if stack.settings.production:
        problems += require(
            lookup(container, "user"),
            lambda v: str(v or "").partition(":")[0] not in _ROOT,
            f"{_PATH}.user",
            f"`{_PATH}.user` must not be root in production",
        )
    return problems


@rule("AWS-BAT-03", DEFINITION)
def has_no_public_address(definition: Resource, _stack: Stack) -> Problems | None:
    """Refuse public addresses of Fargate jobs."""
    if "FARGATE" not in definition.each("platformCapabilities"):
        return None
    container, problems = _container(definition)
    if container is None:
        return problems or None
    path = f"{_PATH}.networkConfiguration.assignPublicIp"
    return require(
        lookup(container, "networkConfiguration.assignPublicIp"),
        lambda v: v in {None, "DISABLED"},  # disabled where absent
        path,
        f"`{path}` must be DISABLED",
    )


@rule("AWS-BAT-04", DEFINITION)
def holds_no_secrets(definition: Resource, _stack: Stack) -> Problems | None:
    """Refuse literal secrets among the environment's variables."""
    container, problems = _container(definition)
    if container is None:
        return problems or None
    for index, one in enumerate(each(lookup(container, "environment"))):
        name, value = lookup(one, "name"), lookup(one, "value")
        if isinstance(name, str) and SECRET_NAME.search(name) and value:
            path = f"{_PATH}.environment[{index}]"
            problems.append(
                undecided(path)
                if value is UNKNOWN
                else Violation(f"`{path}` holds a secret: use `secrets[].valueFrom`")
            )
    return problems


@rule("AWS-BAT-02", DEFINITION)
def has_a_role_of_its_own(definition: Resource, _stack: Stack) -> Problems | None:
    """Require one role for the job and another one for what starts it."""
    container, problems = _container(definition)
    if container is None:
        return problems or None
    names = ("jobRoleArn", "executionRoleArn")
    roles = [lookup(container, name) for name in names]
    missing = [
        Violation(f"`{_PATH}.{name}` must be set")
        for name, role in zip(names, roles, strict=True)
        if role is not UNKNOWN and not role
    ]
    if missing:
        return [*missing]
    if UNKNOWN in roles:
        return [undecided(f"{_PATH}.jobRoleArn")]
    if roles[0] == roles[1]:
        return [Violation(f"`{_PATH}.jobRoleArn` must not be the `executionRoleArn`")]
    return []
