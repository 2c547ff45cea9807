"""Volumes of the cluster: folders that claims are given, empty and each once."""

from __future__ import annotations

from typing import Any

from tools.kubernetes.layout import NODE, state

_COUNT = 64
_CAPACITY = "100Gi"  # what is promised; what fits is what the machine's disk has


def storage() -> dict[str, Any]:
    """Make the folders and return the objects that offer them.

    They are local volumes rather than provisioned host paths: for these the kubelet gives the
    folder to a pod's ``fsGroup``, as every cloud's volumes are, so that pods need no root.
    """
    items: list[dict[str, Any]] = [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {
                "name": "standard",
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
            },
            "provisioner": "kubernetes.io/no-provisioner",
            "volumeBindingMode": "WaitForFirstConsumer",
        }
    ]
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}
    for number in range(_COUNT):
        folder = state() / "volumes" / str(number)
        folder.mkdir(parents=True)
        spec = {
            "capacity": {"storage": _CAPACITY},
            "accessModes": ["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "standard",
            "local": {"path": str(folder)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        }
        metadata = {"name": f"volume-{number}"}
        items.append(
            {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}
        )
    return {"apiVersion": "v1", "kind": "List", "items": items}
