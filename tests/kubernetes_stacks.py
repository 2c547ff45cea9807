"""A namespace of a real cluster as a stack: identities, an S3 server, an image with Fairlead."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tools.kubernetes import images, layout, programs

from clusters import Cluster
from fairlead.contracts.manifest import StackManifest
from storage_servers import Server

ROOT = Path(__file__).parents[1]
PACKAGES = "usr/local/lib/python3.11/dist-packages"
_GROUP = "rbac.authorization.k8s.io/v1"


@dataclass(frozen=True)
class KubernetesStack:
    """A stack in a namespace of its own, and the cluster that it is in."""

    cluster: Cluster
    namespace: str
    image: str
    server: Server
    bucket: str
    extra: dict[str, Any] = field(default_factory=dict)

    def manifest(self, **operator: Any) -> StackManifest:
        """Return the stack's manifest; what is given replaces fields of the step operator."""
        pods = {
            "context": self.cluster.context,
            "namespace": self.namespace,
            "environment_secrets": ["store-access"],
            "environment": {
                "AWS_EC2_METADATA_DISABLED": "true",
                "OMP_NUM_THREADS": "1",
            },
        }
        components: dict[str, Any] = {
            "artifact_store": {
                "flavor": "s3", "url": f"s3://{self.bucket}/store", "region": "us-east-1",
                "endpoint_url": self.server.environment["AWS_ENDPOINT_URL"],
            },
            "orchestrator": {
                "flavor": "kubernetes", "image": self.image, "memory": 512 << 20,
                "pods": {**pods, "service_account": "runner"}, **self.extra,
            },
            "step_operators": {
                "default": {
                    "flavor": "kubernetes", "image": self.image, "cpu": 0.05, "memory": 512 << 20,
                    "max_cpu": 64, "max_memory": 1 << 40,
                    "pods": {**pods, "service_account": "step"}, **operator,
                }
            },
            "secret_store": {
                "flavor": "kubernetes", "context": self.cluster.context, "prefix": "fairlead-",
                "namespace": self.namespace,
            },
        }  # fmt: skip
        return StackManifest.build("kubernetes", "kubernetes", components)

    @contextmanager
    def elsewhere(self) -> Iterator[KubernetesStack]:
        """Yield the same stack in a further namespace, with the same store."""
        with prepared(self.cluster, self.server) as namespace:
            yield replace(self, namespace=namespace)

    def kubectl(self, *arguments: str, **options: Any) -> str:
        """Run kubectl in the stack's namespace."""
        return self.cluster.kubectl("-n", self.namespace, *arguments, **options)


@contextmanager
def prepared(cluster: Cluster, server: Server) -> Iterator[str]:
    """Yield a namespace that enforces the restricted standard, with identities and access."""
    with cluster.namespace() as namespace:
        enforced = "pod-security.kubernetes.io/enforce=restricted"
        cluster.kubectl("label", "namespace", namespace, enforced)
        for document in access(namespace, server.environment):
            cluster.kubectl("apply", "-f", "-", document=document)
        yield namespace


def _requirements() -> list[str]:
    """Return what steps of the examples import, as pyproject.toml's extras say it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]

    def wanted(names: str) -> list[str]:
        found: list[str] = []
        for line in (line for name in names.split(",") for line in extras[name]):
            nested = re.fullmatch(r"fairlead\[(.*)\]", line)
            found += wanted(nested[1]) if nested else [line]
        return found

    return [*project["dependencies"], *wanted("s3,examples"), "kubernetes", "mlflow-skinny"]


def installed(folder: Path) -> Path:
    """Return a layer with the packages that steps import, made once for each lock."""
    lock = (ROOT / "constraints.txt").read_bytes()
    digest = hashlib.sha256(lock + repr(_requirements()).encode()).hexdigest()[:16]
    layer = folder / f"packages-{digest}"
    if not layer.exists():
        new = folder / f"{layer.name}.new"
        shutil.rmtree(new, ignore_errors=True)
        target = str(new / PACKAGES)
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        subprocess.run(
            [
                uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", target,
                "--compile-bytecode", "-c", str(ROOT / "constraints.txt"), *_requirements(),
            ],
            check=True,
        )  # fmt: skip
        new.rename(layer)
    return layer


def steps_archive(folder: Path) -> Path:
    """Return the archive of an image with Fairlead and what the examples import."""
    layers = layout.cache_folder() / "steps"
    layers.mkdir(parents=True, exist_ok=True)
    place = folder / "code" / PACKAGES / "fairlead"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "pipelines/fairlead", place, ignore=ignored)
    compiled = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(place)]
    subprocess.run([sys.executable, *compiled], check=True)
    with programs.locked("kubernetes-steps"):
        packages = installed(layers)
    archive = folder / "steps.tar"
    layered = [images.python_root(), packages, folder / "code"]
    images.pack(layered, "localhost/fairlead-steps:test", archive)
    return archive


def with_registry(deployer: Any) -> Any:
    """Return a model deployer that is bound to a stack with a registry."""
    registry = {
        "flavor": "mlflow",
        "registry_uri": "http://tracker:5000",
        "credentials_secrets": {"serving": "tracker-serving"},
    }
    store = {"flavor": "local", "url": "file:///tmp/none"}
    components = {"artifact_store": store, "model_registry": registry}
    deployer.bind(StackManifest.build("k", "kubernetes", components))
    return deployer


def access(namespace: str, environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what the components provision: identities, rights, access to the store."""
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    rules = [
        {"apiGroups": ["batch"], "resources": ["jobs"],
         "verbs": ["create", "get", "list", "delete"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["services"], "verbs": ["create"]},
    ]  # fmt: skip

    def made(kind: str, version: str, name: str, **content: Any) -> dict[str, Any]:
        metadata = {"name": name, "namespace": namespace}
        return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}

    subject = {"kind": "ServiceAccount", "name": "runner", "namespace": namespace}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "runner"}
    return [
        made("ServiceAccount", "v1", "runner"),
        made("ServiceAccount", "v1", "step"),
        made("Role", _GROUP, "runner", rules=rules),
        made("RoleBinding", _GROUP, "runner", subjects=[subject], roleRef=role),
        made("Secret", "v1", "store-access", stringData={key: environment[key] for key in keys}),
    ]
