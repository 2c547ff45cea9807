"""Decide as AWS does whether a role may make a call: explicit denies first, then who must allow.

Source:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fairlead_policies.preflight.aws_conditions import Values, holds, substituted
from fairlead_policies.preflight.decision import Decision, Grant, Outcome, decided
from fairlead_policies.preflight.ternary import Truth, every, no, some
from fairlead_policies.preflight.wildcards import matches
from fairlead_policies.resource import UNKNOWN, Unknown, each

_ACCOUNT = 4  # the part of an ARN that is the account's number


def account_of(arn: str) -> str:
    """Return the account in an ARN, empty where it has none (as buckets have).

    Example:
        >>> account_of("arn:aws:iam::123456789012:role/ml-step")
        '123456789012'
    """
    parts = arn.split(":")
    return parts[_ACCOUNT] if len(parts) > _ACCOUNT else ""


@dataclass(frozen=True)
class Request:
    """Describe one call.

    Attributes:
        principal: The ARN of the role that calls.
        action: `service:Operation`.
        resource: The ARN of what is called, `*` where the action takes none.
        context: Values by condition key; None: the request does not carry the key.
        owner: The account that owns the resource; empty: the one in its ARN, else the principal's.
        complete: Whether the request carries no key but those; else other keys are not known.
    """

    principal: str
    action: str
    resource: str
    context: Mapping[str, str | tuple[str, ...] | None] = field(default_factory=dict)
    owner: str = ""
    complete: bool = False

    @cached_property
    def _values(self) -> dict[str, Values]:
        found: dict[str, Values] = {
            "aws:principalarn": (self.principal,),
            "aws:principalaccount": (account_of(self.principal),),
            "aws:principaltype": ("AssumedRole",) if ":role/" in self.principal else ("User",),
        }
        if self.action.lower().startswith("kms:"):
            found["kms:calleraccount"] = (account_of(self.principal),)
        for key, value in self.context.items():
            found[key.lower()] = (value,) if isinstance(value, str) else value
        return found

    def lookup(self, key: str) -> Values:
        """Return the values of a condition key; names of keys ignore case."""
        return self._values.get(key.lower(), None if self.complete else UNKNOWN)

    @property
    def crosses_accounts(self) -> bool:
        """Whether the principal's account is not the resource's."""
        ours = account_of(self.principal)
        return (self.owner or account_of(self.resource) or ours) != ours


class Policy:
    """Hold one policy document, given as JSON text, as an object, or not known yet.

    Args:
        document: The document.
        name: What to call it in reasons.

    Example:
        >>> Policy({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}).known
        True
    """

    def __init__(self, document: Any, name: str = "a policy") -> None:
        self.name = name
        if isinstance(document, str):
            try:
                document = json.loads(document)
            except ValueError:
                document = UNKNOWN
        if not isinstance(document, Mapping) or document.get("Statement") is UNKNOWN:
            self.known, self.statements = False, []
            return
        statements = each(document.get("Statement"))
        self.statements = [one for one in statements if isinstance(one, Mapping)]
        self.known = len(self.statements) == len(statements)

    def says(self, effect: str, request: Request, how: str = "") -> Truth:
        """Return whether a statement of an effect applies to a request.

        Args:
            effect: `Allow` or `Deny`.
            request: The call.
            how: For policies of resources: how a statement must name the principal; see
                `names_principal`.
        """
        found: list[Truth] = [] if self.known else [None]
        for statement in self.statements:
            given = statement.get("Effect")
            if given is UNKNOWN:
                found.append(None)
            elif given == effect:
                found.append(applies(statement, request, how))
        return some(found)


def applies(statement: Mapping[str, Any], request: Request, how: str = "") -> Truth:
    """Return whether a statement applies to a request.

    Example:
        >>> request = Request("arn:aws:iam::1:role/a", "s3:GetObject", "arn:aws:s3:::b/k")
        >>> applies({"NotAction": "s3:Put*", "Resource": "*"}, request)
        True
    """
    return every(
        (
            _listed(statement, "Action", request, _is_action),
            _listed(statement, "Resource", request, _is_resource, absent=bool(how)),
            names_principal(statement, request, how) if how else True,
            _conditions(statement, request),
        )
    )


def _conditions(statement: Mapping[str, Any], request: Request) -> Truth:
    conditions = statement.get("Condition")
    if conditions is None:
        return True
    return holds(conditions, request.lookup) if isinstance(conditions, Mapping) else None


def _listed(
    statement: Mapping[str, Any], element: str, request: Request, test: Any, *, absent: bool = False
) -> Truth:
    """Return whether an element or its `Not` form selects a request."""
    if element in statement:
        return some(test(one, request) for one in each(statement[element]))
    if f"Not{element}" in statement:
        return no(some(test(one, request) for one in each(statement[f"Not{element}"])))
    return absent


def _is_action(pattern: Any, request: Request) -> Truth:
    return (
        matches(pattern.lower(), request.action.lower()) if isinstance(pattern, str) else None
    )  # actions ignore case


def _is_resource(pattern: Any, request: Request) -> Truth:
    if not isinstance(pattern, str):
        return None
    text = substituted(pattern, request.lookup)
    return None if text is None else matches(text, request.resource)


def names_principal(statement: Mapping[str, Any], request: Request, how: str) -> Truth:
    """Return whether a statement of a resource's policy names the principal of a request.

    Args:
        statement: The statement.
        request: The call.
        how: `role` (by its ARN), `everyone` (`*`), `account` (which leaves the decision to that
            account's own policies), or `any` of these.

    Source:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    if "NotPrincipal" in statement:
        spared = _principals(statement["NotPrincipal"])
        role = some(_is_role(one, request) for one in spared)
        account = some(_is_account(one, request) for one in spared)
        exempt = None if role is True and account is not True else role
        return no(exempt) if how in {"any", "everyone"} else False
    named = _principals(statement.get("Principal"))
    tests = {"role": _is_role, "everyone": _is_everyone, "account": _is_account}
    chosen = tests.values() if how == "any" else [tests[how]]
    return some(test(one, request) for one in named for test in chosen)


def _principals(element: Any) -> list[Any]:
    if isinstance(element, Mapping):  # services and federations are never a role of ours
        return [one for key, value in element.items() if key == "AWS" for one in each(value)]
    return each(element)


def _is_everyone(one: Any, request: Request) -> Truth:
    del request
    return None if isinstance(one, Unknown) else one == "*"


def _is_role(one: Any, request: Request) -> Truth:
    if isinstance(one, Unknown):
        return None
    if ":assumed-role/" in one:  # a session of it; which one calls is not known
        role = one.partition(":assumed-role/")[2].partition("/")[0]
        same = account_of(one) == account_of(request.principal)
        return None if same and role == request.principal.rpartition("/")[2] else False
    return bool(one == request.principal)


def _is_account(one: Any, request: Request) -> Truth:
    if isinstance(one, Unknown):
        return None
    account = account_of(request.principal)
    return one == account or (one.endswith(":root") and account_of(one) == account)


@dataclass(frozen=True, slots=True)
class Policies:
    """Hold all policies that have a say in a call.

    Attributes:
        identity: The policies of the role.
        boundary: Its permissions boundary, where it has one.
        resource: The policy of the resource, where it has one.
    """

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    resource: Policy | None = None


def decide(request: Request, policies: Policies) -> Decision:
    """Return whether AWS allows a call.

    Args:
        request: The call.
        policies: All policies that have a say in it.

    Example:
        >>> request = Request("arn:aws:iam::1:role/a", "s3:GetObject", "arn:aws:s3:::b/k")
        >>> everything = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
        >>> decide(request, Policies((Policy({"Statement": everything}),))).outcome.value
        'allowed'
    """
    denying = [(policy, policy.says("Deny", request)) for policy in policies.identity]
    if policies.boundary is not None:
        denying.append((policies.boundary, policies.boundary.says("Deny", request)))
    if policies.resource is not None:
        denying.append((policies.resource, policies.resource.says("Deny", request, "any")))
    for policy, said in denying:
        if said is True:
            return Decision(Outcome.DENIED, f"{policy.name} denies it explicitly")
    denied = some(said for _, said in denying)
    allowed = every((_allowed(request, policies), no(denied)))
    return decided(allowed, _missing(request, policies), _open(request, policies))


def _open(request: Request, policies: Policies) -> str:
    """Return which condition keys would decide; empty where it is something else."""
    others = [one for one in (policies.boundary, policies.resource) if one is not None]
    keys = {
        key
        for policy in (*policies.identity, *others)
        for statement in policy.statements
        if applies(statement, request, "any" if policy is policies.resource else "") is None
        for block in _blocks(statement)
        for key in block
        if request.lookup(key) is UNKNOWN
    }
    return f"depends on {', '.join(sorted(keys))} of the request" if keys else ""


def _blocks(statement: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    conditions = statement.get("Condition")
    values = conditions.values() if isinstance(conditions, Mapping) else ()
    return [block for block in values if isinstance(block, Mapping)]


def _allowed(request: Request, policies: Policies) -> Truth:
    """Return whether all who must allow a call do so."""
    bounded = policies.boundary.says("Allow", request) if policies.boundary else True
    own = every((some(one.says("Allow", request) for one in policies.identity), bounded))
    theirs = policies.resource
    role = theirs.says("Allow", request, "role") if theirs else False
    everyone = theirs.says("Allow", request, "everyone") if theirs else False
    account = theirs.says("Allow", request, "account") if theirs else False
    if request.crosses_accounts:
        return every((own, some((role, everyone, account))))
    # A resource's policy that names the role is held back by the boundary; of `*` AWS does not say.
    direct = some((every((role, bounded)), every((everyone, True if bounded else None))))
    service, _, operation = request.action.lower().partition(":")
    if service == "kms" or (service, operation) == ("sts", "assumerole"):
        return some((direct, every((own, account))))  # nothing counts without the resource's word
    return some((own, direct))


def _missing(request: Request, policies: Policies) -> str:
    if request.crosses_accounts:
        return "both the role's policies and the resource's must allow it across accounts"
    if policies.boundary is not None and policies.boundary.says("Allow", request) is False:
        return f"{policies.boundary.name}, the permissions boundary, does not allow it"
    if request.action.lower().startswith("kms:"):
        return "no statement of the role, with the key policy's leave, or of the key policy does"
    return "no statement allows it"


def grants(policies: Policies) -> Iterator[Grant]:
    """Yield what the policies of a role allow: each action pattern on each resource pattern.

    Args:
        policies: The role's.
    """
    for policy in policies.identity:
        for statement in policy.statements:
            if statement.get("Effect") != "Allow":
                continue
            for action in _patterns(statement, "Action"):
                for resource in _patterns(statement, "Resource"):
                    yield Grant(action, resource, policy.name)


def _patterns(statement: Mapping[str, Any], element: str) -> list[str]:
    if f"Not{element}" in statement:
        return ["*"]  # all but a few is all but a few
    return [one for one in each(statement.get(element)) if isinstance(one, str)]
