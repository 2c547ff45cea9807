"""Provision a stack: configuration in, one output ``fairlead`` out, the stack's manifest."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pulumi

from fairlead.contracts.manifest import STEP_OPERATORS, StackManifest
from fairlead.errors import ConfigError
from fairlead_components.base import Component, ComponentError
from fairlead_components.config import NAMESPACE, ComponentConfig, StackConfig, read_config
from fairlead_components.resources.manifest_publication import ManifestPublication

#: The one output of a stack.
OUTPUT = "fairlead"


def provision() -> None:
    """Provision the stack that the Pulumi configuration describes, and export its manifest.

    Raises:
        pulumi.RunError: The configuration is wrong; nothing was registered.
    """
    try:
        config = read_config(_configured(), f"Pulumi.{pulumi.get_stack()}.yaml")
    except ConfigError as error:
        raise pulumi.RunError(str(error)) from None
    pulumi.export(OUTPUT, build(config))


def _configured() -> Mapping[str, str]:
    """Return the configuration below our namespace as text.

    Raises:
        ConfigError: Part of it is encrypted: it would end up readable in the manifest.
    """
    from pulumi.runtime import config

    # Pulumi's public API reads keys by name only; unknown ones can be told only from all of them.
    prefix = f"{NAMESPACE}:"
    everything = {**config.get_config_env(), **config.CONFIG.get()}
    encrypted = {*config.get_config_secret_keys_env(), *config._SECRET_KEYS.get()}  # noqa: SLF001
    values = {
        key.removeprefix(prefix): value
        for key, value in everything.items()
        if key.startswith(prefix)
    }
    problems = [
        f"{prefix}{key}: holds an encrypted value; a stack carries references only. Keep the value "
        "in the secret store (`fairlead secrets set`) and name it here."
        for key in values
        if f"{prefix}{key}" in encrypted
    ]
    if problems:
        raise ConfigError(f"Pulumi.{pulumi.get_stack()}.yaml", problems)
    return values


def build(config: StackConfig) -> pulumi.Output[dict[str, Any]]:
    """Create a stack's components and return its manifest, which its store then holds too.

    Args:
        config: The checked configuration.
    """
    options = None if config.protect else pulumi.ResourceOptions(protect=False)
    built: dict[str, Component] = {}
    by_kind = {item.kind: item for item in config.components if item.operator is None}

    def create(item: ComponentConfig, waiting: tuple[str, ...] = ()) -> Component:
        if item.name in waiting:
            circle = " → ".join([*waiting, item.name])
            raise ComponentError(f"components take arguments from each other: {circle}")
        if item.name not in built:
            args = item.args
            for argument, wire in item.component.wires.items():
                source = by_kind.get(wire.kind)
                if (
                    source is not None
                    and getattr(args, argument) is None
                    and getattr(args, "existing", None) is None
                    and wire.flavor in {None, source.component.flavor}
                ):
                    taken: Any = source.component.flavor  # known before it is made
                    if wire.field != "flavor":
                        taken = _taken(create(source, (*waiting, item.name)), wire.field)
                    args = dataclasses.replace(args, **{argument: taken})
            # A component is called as ComponentResource is not: (name, args, opts).
            built[item.name] = item.component(item.name, args, options)
        return built[item.name]

    contracts: dict[str, Any] = {}
    for item in config.components:
        contract = create(item).contract
        if item.operator is None:
            contracts[item.kind] = contract
        else:
            contracts.setdefault(STEP_OPERATORS, {})[item.operator] = contract
    stack = pulumi.get_stack()
    manifest = pulumi.Output.from_input(contracts).apply(
        lambda known: StackManifest.build(stack, config.provider, known).document()
    )
    if "artifact_store" in by_kind:
        item = by_kind["artifact_store"]
        store = built[item.name].contract
        # A folder's URL says all; and what the state of local stacks holds stays as it is.
        local = item.component.flavor == "local"
        ManifestPublication(
            "manifest",
            store=store["url"],
            contract=None if local else store,
            stack=stack,
            manifest=manifest,
            # What was published stays: objects of a store are written once and only the
            # maintainer deletes. Nothing is lost with it, so it needs no protection.
            opts=pulumi.ResourceOptions(retain_on_delete=True, protect=False),
        )
    return manifest


def _taken(component: Component, field: str) -> pulumi.Output[Any]:
    """Return a field of a contract, None where it is left out.

    What a component chose itself, such as a bucket's name, is then known in a preview, although
    its contract is not: policies can read the documents that are made of it.
    """
    if field in component.promised:
        return component.promised[field]
    return component.contract.apply(lambda known: known.get(field))
