"""The committed Kubernetes stack, provisioned in a real cluster by the real engine."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from clusters import Cluster

STACK = "kubernetes"
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Provisioned:
    """A project with the stack in a namespace of its own.

    Attributes:
        project: The copy of stacks/, whose programs reach the cluster as its administrator.
        namespace: The namespace.
        cluster: The cluster.
        image: The artifact store's image.
    """

    project: Any
    namespace: str
    cluster: Cluster
    image: str

    def configure(self, **components: Any) -> None:
        """Write the committed stack's configuration, completed as its users do.

        Args:
            components: Further components, and those that are configured differently.
        """
        document = yaml.safe_load((_ROOT / "stacks/Pulumi.kubernetes.yaml").read_text())
        configured = document["config"]["fairlead:components"]
        configured["cluster"] = {"name": self.namespace, "egress": {"data": ["10.1.0.0/16:443"]}}
        configured["artifact_store"] = {"image": self.image, "size": 64 << 20, "cpu": 0.1}
        configured["container_registry"] = {"uri": "registry.example.org/ml"}
        for kind in ("experiment_tracker", "model_registry", "model_deployer"):
            del configured[kind]  # test_mlflow_stack.py has them
        configured.update(components)
        document["config"]["kubernetes:context"] = self.cluster.context
        self.project.folder.joinpath(f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(document))
        self.project.pulumi("stack", "init", STACK)

    def kubectl(self, *arguments: str, **options: Any) -> str:
        """Run kubectl in the namespace as the administrator."""
        return self.cluster.kubectl("-n", self.namespace, *arguments, **options)

    def login(self, function: str, folder: Path) -> Path:
        """Return a kubeconfig with the rights of one function of the stack, and no others."""
        token = self.kubectl("create", "token", function).strip()
        config = yaml.safe_load(self.cluster.kubeconfig.read_text())
        config["users"][0]["user"] = {"token": token}
        path = folder / f"{function}.kubeconfig"
        path.write_text(yaml.safe_dump(config))
        return path


@contextmanager
def provisioned(cluster: Cluster, project: Any, image: str) -> Iterator[Provisioned]:
    """Yield a project for a stack whose namespace is gone afterwards."""
    name = f"test-{secrets.token_hex(4)}"
    stand_in = _ROOT / "tools/kubernetes/plugin"
    project.env = {
        **cluster.environment,
        **project.env,
        "KUBECONFIG": str(cluster.kubeconfig),
        "PATH": f"{stand_in}:{project.env['PATH']}",
        "FAIRLEAD_TEST_PYTHON": sys.executable,
    }
    try:
        yield Provisioned(project, name, cluster, image)
    finally:
        cluster.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")
