"""The cache key: a digest of everything that decides what a step returns, and of nothing else.

In it: the step's source and all that it reaches, its parameters, the digests of its input
artifacts, names and materializers of its outputs, its declared environment, the lock file, the
image that the step itself names, Python's minor version. Not in it: the stack, the image that was
built, resources, operator, retries, secrets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import JsonValue

from fairlead.graph import (
    ArtifactInput,
    DictInput,
    ListInput,
    NodeInput,
    StepDefinition,
    StepNode,
    StepOptions,
    ValueInput,
)
from fairlead.store.records import ArtifactRecord, RunRecord
from fairlead.values import canonical, canonical_encoded

#: Counts towards every key: raise it when the meaning of a part changes.
KEY_VERSION = 1

# What a definition contributes, by identity: the entry holds its objects, so no id is used twice.
_STATIC: dict[tuple[int, int], tuple[StepDefinition, StepOptions, bytes]] = {}
_STATIC_LIMIT = 20_000


def input_identities(node: StepNode, made: Callable[[NodeInput], ArtifactRecord]) -> dict[str, str]:
    """Return what `step_key` takes as a node's inputs.

    Args:
        node: The node.
        made: Returns the record of an output of this run that the node reads.
    """
    identities = {}
    for reference in node.references():
        if isinstance(reference, NodeInput):
            identities[f"{reference.node}.{reference.output}"] = made(reference).identity
        else:
            identities[reference.version] = f"{reference.digest} {reference.materializer}"
    return identities


def step_key(record: RunRecord, node: StepNode, inputs: Mapping[str, str]) -> str:
    """Return the key under which a node's outputs are found again.

    Args:
        record: The run that it belongs to.
        node: The node.
        inputs: Identity (digest and materializer) of each artifact that it reads, by
            ``<node>.<output>`` for this run's and by version for another run's.

    Returns:
        ``sha256:…``.

    Raises:
        KeyError: The digest of an input is not given.

    Example:
        >>> from fairlead.graph import ValueInput
        >>> node = StepNode(id="load", definition="load", inputs={"year": ValueInput(value=1999)})
        >>> step_key(record, node, {})  # doctest: +SKIP
        'sha256:…'
    """
    graph = record.graph
    digest = hashlib.sha256(_static(graph.definition(node), graph.options(node)))
    run = record.provenance
    digest.update(canonical_encoded([run.lock_digest, run.python]))
    digest.update(b"%d:" % len(node.inputs))
    for name in sorted(node.inputs):
        digest.update(canonical_encoded(name) + _input_bytes(node.inputs[name], inputs))
    return f"sha256:{digest.hexdigest()}"


def key_parts(record: RunRecord, node: StepNode, inputs: Mapping[str, str]) -> dict[str, JsonValue]:
    """Return what `step_key` hashes, for people: see `fairlead.store.cache_explain`.

    Args:
        record: The run.
        node: The node.
        inputs: As for `step_key`; a digest that is not known (yet) shows as None.

    Returns:
        ``source`` (digest by definition), ``parameters`` (encoded value by argument), ``inputs``
        (digest by argument, nested as the argument is), ``outputs``, ``environment``, ``image``,
        ``lock``, ``python``.
    """
    definition = record.graph.definition(node)
    options = record.graph.options(node)
    parameters: dict[str, JsonValue] = {}
    artifacts: dict[str, JsonValue] = {}
    for name, item in node.inputs.items():
        if isinstance(item, ValueInput):
            parameters[name] = item.value
        else:
            artifacts[name] = _input_json(item, inputs)
    return {
        "version": KEY_VERSION,
        "source": dict(definition.source.definitions),
        "parameters": parameters,
        "inputs": artifacts,
        "outputs": {
            output.name: f"{output.materializer or 'by value'} {output.materializer_version}"
            for output in definition.outputs
        },
        "environment": dict(options.environment),
        "image": options.image,
        "lock": record.provenance.lock_digest,
        "python": record.provenance.python,
    }


def _static(definition: StepDefinition, options: StepOptions) -> bytes:
    identity = (id(definition), id(options))
    known = _STATIC.get(identity)
    if known is None:
        if len(_STATIC) >= _STATIC_LIMIT:
            _STATIC.clear()
        outputs = [
            (output.name, output.materializer, output.materializer_version)
            for output in definition.outputs
        ]
        content = canonical(
            {
                "version": KEY_VERSION,
                "source": definition.source.digest,
                "outputs": outputs,
                "environment": options.environment,
                "image": options.image,
            }
        )
        known = _STATIC[identity] = (definition, options, content)
    return known[2]


def _input_bytes(item: Any, digests: Mapping[str, str]) -> bytes:
    # One letter for the kind, so that a parameter cannot imitate an artifact or a structure.
    if isinstance(item, ValueInput):
        return b"V" + canonical_encoded(item.value)
    if isinstance(item, NodeInput):
        return b"A" + canonical_encoded(digests[f"{item.node}.{item.output}"])
    if isinstance(item, ArtifactInput):
        return b"A" + canonical_encoded(digests.get(item.version, item.digest))
    if isinstance(item, ListInput):
        kind = b"T" if item.tuple_ else b"L"
        children = b"".join(_input_bytes(child, digests) for child in item.items)
        return b"%b%d:%b" % (kind, len(item.items), children)
    assert isinstance(item, DictInput)
    pairs = (
        canonical_encoded(key) + _input_bytes(item.items[key], digests)
        for key in sorted(item.items)
    )
    return b"D%d:%b" % (len(item.items), b"".join(pairs))


def _input_json(item: Any, digests: Mapping[str, str]) -> JsonValue:
    if isinstance(item, ValueInput):
        return item.value
    if isinstance(item, NodeInput):
        return digests.get(f"{item.node}.{item.output}")
    if isinstance(item, ArtifactInput):
        return digests.get(item.version, item.digest)
    if isinstance(item, ListInput):
        children = [_input_json(child, digests) for child in item.items]
        return {"$tuple": children} if item.tuple_ else children
    assert isinstance(item, DictInput)
    return {key: _input_json(child, digests) for key, child in item.items.items()}
