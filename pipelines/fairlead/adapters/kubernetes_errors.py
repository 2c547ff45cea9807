"""Say what an answer of a Kubernetes API server means: what happened, where, and the fix."""

from __future__ import annotations

import json
import re
from typing import Any

from fairlead.errors import BackendAccessError, BackendError, RetryableBackendError

_FORBIDDEN = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)" in API group '
    r'"(?P<group>[^"]*)"(?: in the namespace "(?P<namespace>[^"]*)")?'
)
_TRANSIENT = frozenset({0, 408, 429, 500, 502, 503, 504})


def is_transient(error: Exception) -> bool:
    """Say whether the same call may succeed later: no answer, or a server that is busy.

    Args:
        error: What the client raised.
    """
    status = getattr(error, "status", None)
    if status is None:
        return type(error).__module__.partition(".")[0] == "urllib3"
    if "field not declared in schema" in _message(error):
        return False  # so an apply is answered, with status 500, whose object has a wrong field
    return status in _TRANSIENT and "certificate" not in str(getattr(error, "reason", ""))


def explain(error: Exception, what: str, where: str) -> BackendError:
    """Return the error that tells a person what a call's failure means.

    Args:
        error: What the client raised.
        what: What was to be done, such as ``start job x``.
        where: The context and namespace.
    """
    status = getattr(error, "status", None)
    message = _message(error)
    if status == 401:  # noqa: PLR2004
        return BackendAccessError(
            f"cannot {what}: {where} does not accept the credentials (401). The context's client "
            "certificate or token has expired or was revoked: log in again, or renew it."
        )
    if status == 403 and (found := _FORBIDDEN.search(message)):  # noqa: PLR2004
        return BackendAccessError(f"cannot {what} in {where}: {message}\n{_role(found)}")
    if status == 403 and "exceeded quota" in message:  # noqa: PLR2004
        return RetryableBackendError(
            f"cannot {what} in {where}: {message}. Wait until others have finished, ask for less, "
            "or have the namespace's ResourceQuota raised."
        )
    if (status == 403 and "being terminated" in message) or status == 404:  # noqa: PLR2004
        return BackendError(
            f"cannot {what}: {message}. Was the namespace deleted? `fairlead up` makes it again; "
            "what the run has recorded is in the artifact store."
        )
    if is_transient(error):
        return RetryableBackendError(f"cannot {what}: {where} does not answer: {message}")
    return BackendError(f"cannot {what} in {where}: {message}")


def _message(error: Exception) -> str:
    body: Any = getattr(error, "body", None)
    if isinstance(body, bytes):
        body = body.decode(errors="replace")
    try:
        return str(json.loads(body)["message"])
    except (TypeError, ValueError, KeyError):
        return str(getattr(error, "reason", None) or error).strip().replace("\n", " ")[:500]


def _role(found: re.Match[str]) -> str:
    group, resource, verb = found["group"], found["resource"], found["verb"]
    kind = "Role" if found["namespace"] else "ClusterRole"
    return (
        f"Whoever administers the cluster can allow it with a {kind} bound to {found['user']}:\n"
        f'    rules:\n    - apiGroups: ["{group}"]\n      resources: ["{resource}"]\n'
        f'      verbs: ["{verb}"]'
    )
