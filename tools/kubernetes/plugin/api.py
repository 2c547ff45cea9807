"""Ask an API server: the few calls that a provider needs, for objects of any kind."""

from __future__ import annotations

import json
import re
import time
from typing import Any, cast

#: Whose fields those are that we write.
FIELD_MANAGER = "pulumi-kubernetes-stand-in"
_KIND_SECONDS = 10.0


class ApiError(Exception):
    """Hold what the API server answered instead of what was asked for."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """Read and write objects by server-side apply, with strict validation of every field.

    Args:
        kubeconfig: A path or the file's text; None takes KUBECONFIG or the usual place.
        context: A context of it; None takes the current one.
    """

    def __init__(self, kubeconfig: str | None, context: str | None) -> None:
        import yaml

        from kubernetes import config

        # The client's package has no types.
        load: Any = config
        if kubeconfig and ("\n" in kubeconfig.strip() or kubeconfig.lstrip().startswith("{")):
            document = yaml.safe_load(kubeconfig)
            self._client = load.new_client_from_config_dict(document, context=context)
        else:
            self._client = load.new_client_from_config(kubeconfig, context=context)
        self._kinds: dict[tuple[str, str], tuple[str, bool]] = {}

    def call(self, method: str, path: str, body: Any = None, content: str = "") -> dict[str, Any]:
        """Send one request and return the answer's document.

        Raises:
            ApiError: The server refused.
        """
        settings = self._client.configuration
        headers = {"Accept": "application/json", "Content-Type": content or "application/json"}
        if token := settings.get_api_key_with_prefix("authorization"):
            headers["Authorization"] = token
        answer = self._client.rest_client.pool_manager.request(
            method,
            settings.host.rstrip("/") + path,
            body=None if body is None else json.dumps(body),
            headers=headers,
            timeout=60,
        )
        text = answer.data.decode(errors="replace")
        if answer.status >= 400:  # noqa: PLR2004 - HTTP's boundary between answers and errors
            try:
                text = json.loads(text)["message"]
            except (ValueError, KeyError):
                text = text or answer.reason
            raise ApiError(answer.status, text)
        return cast("dict[str, Any]", json.loads(text))

    def kind(self, version: str, kind: str) -> tuple[str, bool]:
        """Return how a kind is called in paths, and whether it lies in namespaces.

        A kind whose definition was only just created is waited for.
        """
        deadline = time.monotonic() + _KIND_SECONDS
        while (version, kind) not in self._kinds:
            try:
                for item in self.call("GET", _base(version))["resources"]:
                    if "/" not in item["name"]:
                        self._kinds[version, item["kind"]] = (item["name"], item["namespaced"])
            except ApiError as error:
                if error.status != 404:  # noqa: PLR2004
                    raise
            if (version, kind) not in self._kinds:
                if time.monotonic() > deadline:
                    raise ApiError(404, f"the API server has no {kind} in {version}")
                time.sleep(0.2)
        return self._kinds[version, kind]

    def path(self, document: dict[str, Any]) -> str:
        """Return where an object is."""
        version, metadata = document["apiVersion"], document["metadata"]
        plural, namespaced = self.kind(version, document["kind"])
        within = f"/namespaces/{metadata.get('namespace', 'default')}" if namespaced else ""
        return f"{_base(version)}{within}/{plural}/{metadata['name']}"

    def apply(self, document: dict[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Write an object, or ask what would come of it."""
        query = f"?fieldManager={FIELD_MANAGER}&force=true&fieldValidation=Strict"
        query += "&dryRun=All" if dry_run else ""
        content = "application/apply-patch+yaml"
        return self.call("PATCH", self.path(document) + query, document, content)

    def get(self, document: dict[str, Any]) -> dict[str, Any] | None:
        """Return an object as it is; None if there is none."""
        try:
            return self.call("GET", self.path(document))
        except ApiError as error:
            if error.status == 404:  # noqa: PLR2004
                return None
            raise

    def delete(self, document: dict[str, Any], seconds: float) -> None:
        """Delete an object and what belongs to it, and wait until it is gone."""
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"}
        try:
            self.call("DELETE", self.path(document), options)
        except ApiError as error:
            if error.status == 404:  # noqa: PLR2004
                return
            raise
        deadline = time.monotonic() + seconds
        was = document["metadata"].get("uid")
        while (live := self.get(document)) and was in {None, live["metadata"]["uid"]}:
            if time.monotonic() > deadline:
                raise ApiError(504, f"{document['metadata']['name']} is still being deleted")
            time.sleep(0.2)


def _base(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def immutable(message: str) -> bool:
    """Say whether the server refused a change because only a new object could have it."""
    return bool(re.search(r"immutable|cannot change|may not be changed|Forbidden: ", message))


def ready(live: dict[str, Any]) -> bool | str:
    """Say whether an object is as it is meant to be: yes, not yet, or why it never will be."""
    status = live.get("status", {})
    conditions = {c["type"]: c for c in status.get("conditions", ())}
    replicas = live.get("spec", {}).get("replicas", 1)
    seen = status.get("observedGeneration", 0) >= live["metadata"].get("generation", 0)
    match live["kind"]:
        case "Deployment":
            counts = (status.get("updatedReplicas", 0), status.get("availableReplicas", 0))
            return bool(seen and counts == (replicas, replicas))
        case "StatefulSet":
            same = status.get("currentRevision") == status.get("updateRevision")
            return bool(seen and same and status.get("readyReplicas", 0) == replicas)
        case "Job":
            if conditions.get("Failed", {}).get("status") == "True":
                return f"the job failed: {conditions['Failed'].get('message', '')}"
            return bool(conditions.get("Complete", {}).get("status") == "True")
        case _:
            return True
