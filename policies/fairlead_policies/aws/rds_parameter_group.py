"""Parameter groups of RDS: whether clients may do without TLS."""

from __future__ import annotations

import re

from fairlead_policies.conditions import undecided
from fairlead_policies.resource import UNKNOWN, Resource, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_FAMILY = re.compile(r"^(aurora-)?(postgresql|postgres|mysql|mariadb)(\d+)")
_ON = {"1", "ON", "TRUE"}
#: Since when PostgreSQL demands TLS by itself: as RDS runs it, and as Aurora does.
_FORCED_SINCE = {"": 15, "aurora-": 17}


@rule(
    "AWS-RDS-05",
    "aws:rds/parameterGroup:ParameterGroup",
    "aws:rds/clusterParameterGroup:ClusterParameterGroup",
)
def forces_tls(group: Resource, _stack: Stack) -> Problems | None:
    """Require the parameter with which PostgreSQL, MySQL and MariaDB refuse plain connections."""
    family = group.get("family")
    if family is UNKNOWN:
        return [undecided("family")]
    found = _FAMILY.match(str(family))
    if found is None:
        return None
    aurora, engine, major = found[1] or "", found[2], int(found[3])
    postgres = engine.startswith("postgres")
    wanted = "rds.force_ssl" if postgres else "require_secure_transport"
    parameters = group.each("parameters")
    values = [lookup(one, "value") for one in parameters if lookup(one, "name") == wanted]
    if UNKNOWN in values or (
        not values and any(lookup(one, "name") is UNKNOWN for one in parameters)
    ):
        return [undecided("parameters")]
    if not values and postgres and major >= _FORCED_SINCE[aurora]:
        return []
    if values and all(str(one).upper() in _ON for one in values):
        return []
    return [Violation(f"`parameters` must switch {wanted} on")]
