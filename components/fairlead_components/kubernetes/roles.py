"""What each function may do in its namespace: the table that roles are made from."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

#: The functions of a stack that are somebody of their own.
FUNCTIONS = ("submitter", "runner", "step", "deployer", "serving", "reader", "maintainer")

_LOOK = ["get", "list", "watch"]
#: What people see with kubectl, and what tells them why a run does not go on.
_SEE = [
    (["batch"], ["jobs"], _LOOK),
    ([""], ["pods"], _LOOK),
    ([""], ["pods/log"], ["get"]),
    ([""], ["events"], ["list", "watch"]),
]
#: Servers in the namespace are reached through the API server, which asks for ``get`` because the
#: request begins as one, and since 1.35 for ``create`` too.
_REACH = [
    ([""], ["services"], ["get"]),
    ([""], ["pods/portforward"], ["get", "create"]),
]
_PODS = ([""], ["pods"], ["list"])

#: Function → API groups, resources and verbs: exactly what the adapters declare that they call,
#: to which preflight holds it. A step and a served model may do nothing. Only the maintainer, who
#: sets secrets, may list them: that reads them.
_GRANTS = cast(
    "Mapping[str, list[tuple[list[str], list[str], list[str]]]]",
    MappingProxyType(
        {
            "submitter": [*_SEE, (["batch"], ["jobs"], ["create", "delete"]), *_REACH],
            "runner": [
                (["batch"], ["jobs"], ["get", "list", "create", "delete"]),
                ([""], ["pods"], ["list", "watch"]),
                ([""], ["events"], ["list"]),
                ([""], ["services"], ["create"]),  # by which the nodes of a step meet
            ],
            "step": [],
            "deployer": [_PODS, *_REACH],
            "serving": [],
            "reader": [*_SEE, *_REACH],
            "maintainer": [
                ([""], ["secrets"], ["get", "list", "create", "update", "delete"]),
                *_SEE,
                *_REACH,
            ],
        }
    ),
)
_KEPT = ["create", "get", "patch", "delete"]
#: Flavor of model deployer → what the deployer makes with it.
_DEPLOYS = cast(
    "Mapping[str, list[tuple[list[str], list[str], list[str]]]]",
    MappingProxyType(
        {
            "mlflow": [
                (["apps"], ["deployments"], _KEPT),
                ([""], ["services"], ["create", "patch", "delete"]),
                (["autoscaling"], ["horizontalpodautoscalers"], _KEPT),
                (["policy"], ["poddisruptionbudgets"], _KEPT),
            ],
            "kserve": [(["serving.kserve.io"], ["inferenceservices"], _KEPT)],
        }
    ),
)
#: Those who use a server's credentials by reading them; pods have theirs mounted.
_READ_CREDENTIALS = {"submitter", "deployer", "reader", "maintainer"}


def rules(
    function: str, credentials: Sequence[str], deploys: str | None = None
) -> list[dict[str, Any]]:
    """Return the rules of a function's role; none where it needs no role.

    Args:
        function: One of ``FUNCTIONS``.
        credentials: The secrets by name that hold its own credentials.
        deploys: The flavor of the stack's model deployer; None where it has none.

    Example:
        >>> rules("step", ["artifact-store-step"])
        []
    """
    granted = [
        {"apiGroups": groups, "resources": resources, "verbs": verbs}
        for groups, resources, verbs in (
            *_GRANTS[function],
            *(_DEPLOYS.get(deploys or "", []) if function == "deployer" else ()),
        )
    ]
    if function in _READ_CREDENTIALS and credentials:
        own = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
        granted.append({**own, "resourceNames": list(credentials)})
    return granted
