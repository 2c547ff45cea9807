"""``kubernetes:networking.k8s.io/v1:Ingress``."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead_policies.conditions import undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_CERTIFICATE = "alb.ingress.kubernetes.io/certificate-arn"
_REDIRECT = "alb.ingress.kubernetes.io/ssl-redirect"


@rule("K8S-ING-01", "kubernetes:networking.k8s.io/v1:Ingress")
def speaks_tls(ingress: Resource, _stack: Stack) -> Problems:
    """Require TLS, by Kubernetes or by AWS's load balancer."""
    tls = ingress.get("spec.tls")
    if tls is UNKNOWN:
        return [undecided("spec.tls")]
    if tls:
        return []
    notes = ingress.get("metadata.annotations")
    if notes is UNKNOWN:
        return [undecided("metadata.annotations")]
    if isinstance(notes, Mapping) and notes.get(_CERTIFICATE) and notes.get(_REDIRECT):
        return []
    return [Violation("`spec.tls` must be set")]
