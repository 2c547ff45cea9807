"""Call a cluster's API server through the official client; needs ``fairlead[kubernetes]``.

Answers are taken as plain JSON: building the client's models of every pod would be most of a
runner's work.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from fairlead.adapters.kubernetes_errors import explain, is_transient
from fairlead.errors import BackendAccessError, BackendError, MissingExtraError

_PATIENCE = 300.0
_WATCH_SECONDS = 290
_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a path


class Cluster:
    """Reach one namespace of a cluster, from inside it or by a kubeconfig.

    Args:
        context: The kubeconfig context; None takes the current one. In a pod its own service
            account is used.
        namespace: The namespace.

    Attributes:
        calls: How many requests were made, watches included.
    """

    def __init__(self, context: str | None, namespace: str) -> None:
        self.context = context
        self.namespace = namespace
        self.calls = 0
        self._patience = _PATIENCE
        self._client: Any = None
        self._lock = threading.Lock()

    @property
    def where(self) -> str:
        """Return the cluster and namespace, for people."""
        place = f"context {self.context!r}" if self.context else "the current cluster"
        return f"namespace {self.namespace!r} of {place}"

    def create_job(self, manifest: Mapping[str, Any]) -> dict[str, Any] | None:
        """Create a job and return it; None if there is one of its name."""
        name = manifest["metadata"]["name"]
        try:
            return self._json(
                f"start job {name}",
                lambda: self._batch.create_namespaced_job(
                    self.namespace, manifest, _preload_content=False, _request_timeout=30
                ),
            )
        except BackendError as error:
            if getattr(error.__cause__, "status", None) == 409:  # noqa: PLR2004 - Conflict
                return None
            raise

    def job(self, name: str) -> dict[str, Any] | None:
        """Return a job; None if there is none."""
        try:
            return self._json(
                f"read job {name}",
                lambda: self._batch.read_namespaced_job(
                    name, self.namespace, _preload_content=False, _request_timeout=30
                ),
            )
        except BackendError as error:
            if getattr(error.__cause__, "status", None) == 404:  # noqa: PLR2004 - Not Found
                return None
            raise

    def delete_job(self, name: str, *, grace: int | None = None) -> None:
        """Delete a job and its pods; one that is not there is no mistake."""
        options = {"propagationPolicy": "Background"}
        try:
            self._call(
                f"delete job {name}",
                lambda: self._batch.delete_namespaced_job(
                    name, self.namespace, body=options, grace_period_seconds=grace,
                    _preload_content=False, _request_timeout=30,
                ),
            )  # fmt: skip
        except BackendError as error:
            if getattr(error.__cause__, "status", None) != 404:  # noqa: PLR2004 - Not Found
                raise

    def pods(self, selector: str) -> tuple[list[dict[str, Any]], str]:
        """List pods by labels, with the version of the list to watch from."""
        found = self._json(
            "list pods",
            lambda: self._core.list_namespaced_pod(
                self.namespace, label_selector=selector, _preload_content=False,
                _request_timeout=30,
            ),
        )  # fmt: skip
        return found["items"], found["metadata"]["resourceVersion"]

    def jobs(self, selector: str) -> list[dict[str, Any]]:
        """List jobs by labels."""
        found = self._json(
            "list jobs",
            lambda: self._batch.list_namespaced_job(
                self.namespace, label_selector=selector, _preload_content=False,
                _request_timeout=30,
            ),
        )  # fmt: skip
        items: list[dict[str, Any]] = found["items"]
        return items

    def warnings(self, name: str) -> list[str]:
        """Return what the cluster warns of about a job or a pod, the newest last."""
        chosen = f"involvedObject.name={name},type=Warning"
        found = self._json(
            "list events",
            lambda: self._core.list_namespaced_event(
                self.namespace, field_selector=chosen, _preload_content=False, _request_timeout=30
            ),
        )
        return [str(event.get("message", "")).strip() for event in found["items"]]

    def core(self, what: str, method: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Call a method of the client's core API in the namespace, and return the answer.

        Args:
            what: What it is for, in words, for errors.
            method: Such as ``read_namespaced_secret``.
            arguments: What it takes before the namespace.
            options: What else it takes.
        """
        return self.ask(what, "CoreV1Api", method, *arguments, self.namespace, **options)

    def ask(
        self, what: str, api: str, method: str, *arguments: Any, **options: Any
    ) -> dict[str, Any]:
        """Call a method of any of the client's APIs, such as ``AppsV1Api``; return the answer."""
        from kubernetes import client

        options |= {"_preload_content": False, "_request_timeout": 30}
        call = getattr(getattr(client, api)(self._connect()), method)
        return self._json(what, lambda: call(*arguments, **options))

    def watch(self, selector: str) -> PodWatch:
        """Begin to watch pods by labels."""
        return PodWatch(self, selector)

    @property
    def _batch(self) -> Any:
        from kubernetes import client

        return client.BatchV1Api(self._connect())

    @property
    def _core(self) -> Any:
        from kubernetes import client

        return client.CoreV1Api(self._connect())

    def _connect(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = _client(self.context)
            return self._client

    def _json(self, what: str, call: Callable[[], Any]) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._call(what, call).data)
        return answer

    def _call(self, what: str, call: Callable[[], Any]) -> Any:
        """Make a call, again while the server does not answer."""
        self._connect()
        until, wait = time.monotonic() + self._patience, 0.5
        while True:
            self.calls += 1
            try:
                return call()
            except Exception as error:
                # The client raises its own errors, and those of the libraries beneath.
                if is_transient(error) and time.monotonic() + wait < until:
                    time.sleep(wait)
                    wait = min(wait * 2, 10.0)
                    continue
                raise explain(error, what, self.where) from error


class PodWatch:
    """Tell of pods as they change, in a thread, through lost connections and restarts.

    Attributes:
        events: ``(kind, pod)``: ``SEEN`` with a pod, ``GONE`` with its last state, ``LISTED`` with
            ``{"names": […]}``: pods that are not among them are gone; ``FAILED`` with ``error``.
    """

    def __init__(self, cluster: Cluster, selector: str) -> None:
        self.events: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self._cluster = cluster
        self._selector = selector
        self._closed = False
        self._response: Any = None
        self._thread = threading.Thread(target=self._run, name="fairlead-pods", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._closed = True
        if self._response is not None:
            with suppress(Exception):
                self._response.shutdown()
            with suppress(Exception):
                self._response.close()

    def _run(self) -> None:
        version, wait = "", 0.5
        while not self._closed:
            try:
                if not version:
                    pods, version = self._cluster.pods(self._selector)
                    for pod in pods:
                        self.events.put(("SEEN", pod))
                    listed = [pod["metadata"]["name"] for pod in pods]
                    self.events.put(("LISTED", {"names": listed}))
                version = self._follow(version)
                wait = 0.5
            except BackendError as error:
                self.events.put(("FAILED", {"error": error}))
                return
            except Exception as error:  # noqa: BLE001 - a broken stream has many errors
                if self._closed:
                    return
                if getattr(error, "status", None) in (401, 403, 404):
                    failure = explain(error, "watch pods", self._cluster.where)
                    self.events.put(("FAILED", {"error": failure}))
                    return
                version = ""  # the list that follows tells what was missed
                time.sleep(wait)
                wait = min(wait * 2, 10.0)

    def _follow(self, version: str) -> str:
        """Read one watch to its end, and return the version to go on from; empty to list anew."""
        self._cluster.calls += 1
        self._response = self._cluster._core.list_namespaced_pod(  # noqa: SLF001 - one module
            self._cluster.namespace, label_selector=self._selector, watch=True,
            resource_version=version, timeout_seconds=_WATCH_SECONDS, allow_watch_bookmarks=True,
            _preload_content=False, _request_timeout=(10, _WATCH_SECONDS + 30),
        )  # fmt: skip
        pending = b""
        for part in self._response.stream(amt=None, decode_content=False):
            *lines, pending = (pending + part).split(b"\n")
            for line in lines:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return ""
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    kind = "GONE" if event["type"] == "DELETED" else "SEEN"
                    self.events.put((kind, event["object"]))
        return version


def _client(context: str | None) -> Any:
    try:
        from kubernetes import client, config
    except ModuleNotFoundError:
        raise MissingExtraError(
            "Kubernetes needs the package 'kubernetes', which is not installed: "
            "pip install 'fairlead[kubernetes]'"
        ) from None
    if os.environ.get("KUBERNETES_SERVICE_HOST") and os.path.exists(_TOKEN):  # noqa: PTH110
        inside = client.Configuration()
        config.load_incluster_config(client_configuration=inside)  # type: ignore[no-untyped-call]
        return client.ApiClient(inside)
    file = os.environ.get("KUBECONFIG") or None
    try:
        contexts, _ = config.list_kube_config_contexts(file)  # type: ignore[no-untyped-call]
    except (config.ConfigException, OSError) as error:
        raise BackendAccessError(
            f"there is no usable kubeconfig: {error}. Set KUBECONFIG, or get one from whoever runs "
            "the cluster (such as `aws eks update-kubeconfig`, `gcloud container clusters "
            "get-credentials`, `az aks get-credentials`)."
        ) from None
    known = [str(item["name"]) for item in contexts]
    if context is not None and context not in known:
        raise BackendAccessError(
            f"the kubeconfig has no context {context!r}, which the stack names; it has "
            f"{', '.join(known) or 'none'}. Add it, or correct `context` in the stack's config."
        )
    try:
        return config.new_client_from_config(  # type: ignore[no-untyped-call]
            file, context, persist_config=False
        )
    except (config.ConfigException, OSError, ValueError) as error:
        raise BackendAccessError(f"the kubeconfig's context cannot be used: {error}") from None
