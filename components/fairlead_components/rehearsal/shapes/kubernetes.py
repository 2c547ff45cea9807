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

    def function(self, subject: Subject) -> Mapping[str, Any]:
        """Read manifests, which needs no cluster."""
        if subject.type == "decode":
            import yaml

            documents = yaml.safe_load_all(subject.text("text"))
            return {"result": [document for document in documents if document]}
        return {}
