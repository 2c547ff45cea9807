"""Who may reach whom in a stack's namespace, and what beyond it: the table of its policies."""

from collections.abc import Mapping
from typing import Any, Optional

from fairlead_components.kubernetes.defaults import FUNCTION, destinations, to_names
from fairlead_components.naming import physical_name

# ruff: noqa: UP045 - see base.py

#: Who asks the API server: the pods of no other function may reach it.
_CALLERS = ["runner"]
_ANY_API_SERVER = ["0.0.0.0/0:443", "0.0.0.0/0:6443"]
#: Whose own policies name every flow to and from them.
_SERVERS = ["database", "tracker"]
#: Steps answer nobody, but for those that run on several nodes: these answer each other.
_RANKS = {"podSelector": {"matchLabels": {"fairlead/distributed": "true"}}}
_EVERYBODY: dict[str, Any] = {"podSelector": {}}


def network_policies(
    egress: Mapping[str, list[str]], api_server: Optional[list[str]]
) -> dict[str, dict[str, Any]]:
    """Return the specification of each policy of a namespace, by name.

    Args:
        egress: Name → networks that pods may reach, as ``network:port``.
        api_server: Where runners reach the API server; ports 443 and 6443 anywhere if None.

    Example:
        >>> sorted(network_policies({"data": ["10.0.0.0/8:443"]}, None))[:3]
        ['allow-api-server', 'allow-callers', 'allow-data']
    """
    callers = {"matchExpressions": [{"key": FUNCTION, "operator": "In", "values": _CALLERS}]}
    policies: dict[str, dict[str, Any]] = {
        "default-deny": {**_EVERYBODY, "policyTypes": ["Ingress", "Egress"]},
        "allow-namespace": {
            "podSelector": _but(*_SERVERS),
            "policyTypes": ["Egress"],
            "egress": [{"to": [_EVERYBODY]}],
        },
        "allow-callers": {
            "podSelector": _but(*_SERVERS, "step"),
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [_EVERYBODY]}],
        },
        "allow-ranks": {**_RANKS, "policyTypes": ["Ingress"], "ingress": [{"from": [_RANKS]}]},
        "allow-dns": {**_EVERYBODY, "policyTypes": ["Egress"], "egress": [to_names()]},
        "allow-api-server": {
            "podSelector": callers,
            "policyTypes": ["Egress"],
            "egress": destinations(api_server or _ANY_API_SERVER),
        },
    }
    for label, networks in egress.items():
        policies[f"allow-{physical_name('kubernetes_label', label)}"] = {
            "podSelector": _but("database"),
            "policyTypes": ["Egress"],
            "egress": destinations(networks),
        }
    return policies


def _but(*functions: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": FUNCTION, "operator": "NotIn", "values": [*functions]}]}
