"""How Kubernetes writes what it makes up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead_components.rehearsal.shapes.shape import LONG_AGO, Shape, Subject


class KubernetesShape(Shape):
    """Make up what a cluster would."""

    known = {  # noqa: RUF012 - declared in the base class
        "uid": lambda s: s.guid(),
        "resourceversion": lambda _: "1",
        "creationtimestamp": lambda _: LONG_AGO,
        "clusterip": lambda s: f"10.96.{int(s.digits(2), 16)}.{int(s.digits(2, 'ip'), 16)}",
    }

    def identifier(self, subject: Subject) -> str:
        """Return an object's id: its name, after its namespace if it says one."""
        metadata = subject.values.get("metadata")
        namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
        return f"{namespace}/{subject.name}" if namespace else subject.name

    def computed(self, subject: Subject) -> Mapping[str, Any]:
        """Return an object's status, and a service's address; both are known after creation."""
        spec = subject.values.get("spec")
        spec = spec if isinstance(spec, dict) else {}
        status: dict[str, Any] = {}
        if subject.type == "Release":
            chart = {key: subject.text(key) for key in ("chart", "version")}
            namespace = subject.text("namespace", default="default")
            status = {**chart, "name": subject.name, "namespace": namespace, "revision": 1}
        if subject.type == "Ingress" or spec.get("type") == "LoadBalancer":
            # Of RFC 5737: an address that no host has.
            address = {"ip": f"192.0.2.{int(subject.digits(2), 16)}"}
            status = {"loadBalancer": {"ingress": [address]}}
        address_of = {"clusterIP": self.text(subject, "clusterIP")}
        headless = spec.get("type") == "ExternalName"
        is_service = subject.type == "Service" and not headless
        return {"status": status, **({"spec": address_of} if is_service else {})}

    def function(self, subject: Subject) -> Mapping[str, Any]:
        """Read manifests, which needs no cluster."""
        if subject.type == "decode":
            import yaml

            documents = yaml.safe_load_all(subject.text("text"))
            return {"result": [document for document in documents if document]}
        return {}
