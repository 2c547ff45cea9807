"""Resources from what Pulumi writes: a stack's export, or a preview saved as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead_policies.errors import PolicyError
from fairlead_policies.resource import UNKNOWN, Resource, normalise

#: The text that Pulumi writes where a value is not known yet (sdk/go/common/resource/plugin/rpc.go
#: has one for each kind of value).
_UNKNOWNS = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret, not one
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_HIDDEN = "[secret]"


@dataclass(frozen=True, slots=True)
class Inventory:
    """Hold what a stack consists of.

    Attributes:
        resources: Its resources, those that are to be deleted left out.
        source: What it was read from, to show.
        stack: The stack's name, empty where unknown.
        project: The project's name, empty where unknown.
        digest: SHA-256 of what was read.
        plan: What was read, to keep as evidence.
        made: The same stack after a rehearsed `up`, where there was one: then all is known.
    """

    resources: tuple[Resource, ...]
    source: str
    stack: str
    project: str
    digest: str
    plan: bytes
    made: Inventory | None = None


def read_inventory(path: Path) -> Inventory:
    """Return the resources in a file.

    Args:
        path: The output of `pulumi stack export`, `pulumi preview --json` or
            `fairlead rehearse --json`.

    Raises:
        PolicyError: It cannot be read, or is neither.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PolicyError(f"{path} cannot be read: {error.strerror}.") from error
    return parse_inventory(content, str(path))


def parse_inventory(content: bytes, source: str) -> Inventory:
    """Return the resources in a stack export or a preview's JSON.

    Args:
        content: JSON text.
        source: What to call it.

    Raises:
        PolicyError: It is neither.
    """
    try:
        data = json.loads(content)
    except ValueError:
        raise PolicyError(
            f"{source} is not valid JSON: give the output of `pulumi stack export` or "
            "`pulumi preview --json`."
        ) from None
    try:
        resources = tuple(_resource(entry) for entry in _entries(data, source))
    except (AttributeError, TypeError, KeyError):
        raise PolicyError(f"{source}: a resource in it has an unexpected shape.") from None
    stack, project = _names(resources)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return Inventory(resources, source, stack, project, digest, content)


def _entries(data: Any, source: str) -> Iterator[Mapping[str, Any]]:
    """Yield the resources' records of either document."""
    if isinstance(data, Mapping):
        deployment = data.get("deployment", data)
        if isinstance(deployment, Mapping) and "resources" in deployment:
            for entry in deployment["resources"] or ():
                if not entry.get("delete"):
                    yield entry
            return
        if "manifest" in (deployment or ()) and "steps" not in data:
            return  # a stack that is empty has no `resources`
        if "steps" in data:
            newest: dict[str, Mapping[str, Any]] = {}
            for step in data["steps"] or ():
                if step.get("newState") and not step.get("op", "").startswith("delete"):
                    newest[step["urn"]] = step["newState"]
            yield from newest.values()
            return
    raise PolicyError(
        f"{source} is neither a stack export nor a preview: give the output of "
        "`pulumi stack export` or `pulumi preview --json`."
    )


def _resource(entry: Mapping[str, Any]) -> Resource:
    urn = entry["urn"]
    depends = entry.get("propertyDependencies") or {}
    arn = plain((entry.get("outputs") or {}).get("arn"))
    return Resource(
        urn=urn,
        type=normalise(entry["type"]),
        name=urn.rpartition("::")[2],
        props=plain(entry.get("inputs") or {}),
        parent=entry.get("parent", ""),
        dependencies=tuple(entry.get("dependencies") or ()),
        property_dependencies={key: tuple(urns or ()) for key, urns in depends.items()},
        protect=bool(entry.get("protect")),
        provider=entry.get("provider", ""),
        arn=arn if isinstance(arn, str) else "",
    )


def plain(value: Any) -> Any:
    """Return a value without Pulumi's marks: unknown and encrypted ones become UNKNOWN.

    Example:
        >>> plain({"password": "[secret]", "size": 3})
        {'password': <Unknown.VALUE: 'unknown'>, 'size': 3}
    """
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWNS or value == _HIDDEN else value
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    if value.get(_SIGNATURE) in {_SECRET, _OUTPUT}:
        text = value.get("plaintext")
        inner = json.loads(text) if text is not None else value.get("value", _HIDDEN)
        return plain(inner)
    return {key: plain(one) for key, one in value.items() if not key.startswith("__")}


def redacted(content: bytes) -> bytes:
    r"""Return a plan or an export without its secrets, encrypted or not.

    Example:
        >>> redacted(b'{"password": {"%s": "%s", "plaintext": "x"}}' % (
        ...     _SIGNATURE.encode(), _SECRET.encode()))
        b'{\n "password": "[secret]"\n}'
    """

    def hidden(value: Any) -> Any:
        if isinstance(value, list):
            return [hidden(one) for one in value]
        if not isinstance(value, dict):
            return value
        if value.get(_SIGNATURE) == _SECRET:
            return _HIDDEN
        return {key: hidden(one) for key, one in value.items()}

    data = hidden(json.loads(content))
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False).encode()


def _names(resources: tuple[Resource, ...]) -> tuple[str, str]:
    """Return the names of the stack and the project, which every urn holds."""
    for one in resources:
        parts = one.urn.split("::")
        if len(parts) > 1 and parts[0].startswith("urn:pulumi:"):
            return parts[0].removeprefix("urn:pulumi:"), parts[1]
    return "", ""
