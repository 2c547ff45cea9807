"""``kubernetes:helm.sh/v3:Release`` and ``kubernetes:helm.sh/v4:Chart``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fairlead_policies.conditions import SECRET_NAME, not_true, require, undecided
from fairlead_policies.resource import UNKNOWN, Resource, lookup
from fairlead_policies.results import Problems, Undecided, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

RELEASES = ("kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v4:Chart")
_VERSION = re.compile(r"^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$")
#: Keys that name where a secret is rather than hold one, or that say how one is used.
_REFERENCE = re.compile(
    r"^existing|(?:Ref|Name|SecretKey|PasswordKey|Enabled|Path|Mount|Expiry|Lifetime|Ttl|Type)$"
    r"|_(?:ref|name|path|ttl|type)$"
)


@rule("K8S-HELM-01", *RELEASES)
def is_pinned(release: Resource, _stack: Stack) -> Problems:
    """Require an exact version from a repository that is reached by TLS."""
    problems = require(
        release.get("version"),
        lambda v: _VERSION.match(str(v or "")) is not None,
        "version",
        "`version` must be exact",
    )
    chart, path = release.get("chart"), "repositoryOpts.repo"
    repository = release.get(path)
    if repository is None and isinstance(chart, str) and not chart.startswith(("http", "oci:")):
        return [*problems, *not_true(release, "plainHttp")]  # a chart of one's own folder
    source, where = (repository, path) if repository is not None else (chart, "chart")
    problems += require(
        source,
        lambda v: str(v).startswith(("https://", "oci://")),
        where,
        f"`{where}` must begin with https:// or oci://",
    )
    return problems + not_true(release, "plainHttp")


@rule("K8S-HELM-02", *RELEASES)
def values_hold_no_credentials(release: Resource, _stack: Stack) -> Problems:
    """Refuse literal credentials, and charts whose defaults bring some."""
    values = release.get("values")
    if values is UNKNOWN:
        return [undecided("values")]
    problems: Problems = list(_literals(values or {}, "values"))
    chart = str(release.get("chart") or "").rpartition("/")[2]
    if chart == "airflow" and _brings_an_administrator(values):
        problems.append(Violation("`values.webserver.defaultUser` is the chart's administrator"))
    if chart == "mlflow":
        problems += require(
            lookup(values, "auth.enabled"),
            lambda v: v is True,
            "values.auth.enabled",
            "`values.auth.enabled` must be true",
        )
    return problems


def _brings_an_administrator(values: Any) -> bool:
    """Tell whether Airflow's chart creates its well-known user, as it does by default."""
    enabled = lookup(values, "webserver.defaultUser.enabled")
    newer = lookup(values, "createUserJob.defaultUser.enabled")
    if False in (enabled, newer):
        return False
    password = lookup(values, "webserver.defaultUser.password")
    return password is None or password == "admin"  # noqa: S105 - the chart's own default


def _literals(value: Any, path: str) -> Iterator[Violation | Undecided]:
    """Yield what is wrong below a part of the values."""
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _literals(one, f"{path}[{index}]")
    if not isinstance(value, Mapping):
        return
    name = value.get("name")
    if isinstance(name, str) and SECRET_NAME.search(name) and "value" in value:
        yield from _literal(value["value"], f"{path}.value")  # an entry of a list of variables
    for key, inner in value.items():
        here = f"{path}.{key}"
        if isinstance(inner, Mapping | list):
            if key not in {"secretKeyRef", "valueFrom", "existingSecret"}:
                yield from _literals(inner, here)
        elif SECRET_NAME.search(key) and not _REFERENCE.search(key):
            yield from _literal(inner, here)


def _literal(value: Any, path: str) -> Iterator[Violation | Undecided]:
    if value is UNKNOWN:
        yield undecided(path)
    elif isinstance(value, str) and value and not value.startswith("$("):
        yield Violation(f"`{path}` holds a credential")
