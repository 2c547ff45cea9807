"""What each function may do in its namespace: the table that roles are made from."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

#: The functions of a stack that are somebody of their own.
FUNCTIONS = ("submitter", "runner", "step", "deployer", "serving", "reader", "maintainer")

_LOOK = ["get", "list", "watch"]
_OWN = ["get", "list", "watch", "create", "patch", "delete"]

_SEE = [
    (["", "events.k8s.io"], ["events"], _LOOK),
    ([""], ["pods"], _LOOK),
    ([""], ["pods/log"], ["get"]),
]
#: Servers in the namespace are reached through the API server.
_REACH = [
    ([""], ["services"], ["get"]),
    (["discovery.k8s.io"], ["endpointslices"], ["list"]),
    ([""], ["pods/portforward"], ["create"]),
]
_JOBS = (["batch"], ["jobs"], _OWN)

#: Function → API groups, resources and verbs. A step and a served model may do nothing. Only the
#: maintainer, who sets secrets, may list them: that reads them.
_GRANTS = cast(
    "Mapping[str, list[tuple[list[str], list[str], list[str]]]]",
    MappingProxyType(
        {
            "submitter": [_JOBS, *_SEE, *_REACH],
            "runner": [
                _JOBS,
                *_SEE,
                ([""], ["services", "configmaps"], _OWN),
                ([""], ["pods"], ["delete"]),
            ],
            "step": [],
            "deployer": [
                (["apps"], ["deployments"], _OWN),
                ([""], ["services"], _OWN),
                (["autoscaling"], ["horizontalpodautoscalers"], _OWN),
                (["policy"], ["poddisruptionbudgets"], _OWN),
                (["serving.kserve.io"], ["inferenceservices"], _OWN),
                *_SEE,
                ([""], ["pods/portforward"], ["create"]),
            ],
            "serving": [],
            "reader": [(["batch"], ["jobs"], _LOOK), *_SEE, *_REACH],
            "maintainer": [
                (["batch"], ["jobs"], _OWN),
                ([""], ["pods"], ["delete"]),
                ([""], ["secrets"], ["get", "list", "create", "update", "delete"]),
                *_SEE,
                *_REACH,
            ],
        }
    ),
)
#: Those who use a server's credentials by reading them; pods have theirs mounted.
_READ_CREDENTIALS = {"submitter", "deployer", "reader", "maintainer"}


def rules(function: str, credentials: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rules of a function's role; none where it needs no role.

    Args:
        function: One of ``FUNCTIONS``.
        credentials: The secrets by name that hold its own credentials.

    Example:
        >>> rules("step", ["artifact-store-step"])
        []
    """
    granted = [
        {"apiGroups": groups, "resources": resources, "verbs": verbs}
        for groups, resources, verbs in _GRANTS[function]
    ]
    if function in _READ_CREDENTIALS and credentials:
        own = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
        granted.append({**own, "resourceNames": list(credentials)})
    return granted
