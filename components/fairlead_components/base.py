"""The common part of all components: what they are, what they promise, what they protect."""

from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Optional, TypeVar, cast

import pulumi
from pydantic import ValidationError

from fairlead.errors import FairleadError
from fairlead.registry import load
from fairlead_components.naming import tags

# No `from __future__ import annotations` in modules of components: Pulumi's host for programs in
# other languages reads annotations as objects, and knows Optional but not `X | None`.
# ruff: noqa: UP045

T = TypeVar("T")


class ComponentError(FairleadError, pulumi.RunError):
    """Report a component that cannot be provisioned as it was asked for."""


@dataclass(frozen=True)
class Wire:
    """Take an argument that nobody gave from the contract of another component of the stack.

    Attributes:
        kind: The kind of the other component.
        field: The field of its contract.
        flavor: The flavor that it must have; None takes any.
    """

    kind: str
    field: str
    flavor: Optional[str] = None


class Component(pulumi.ComponentResource):
    """Provision one kind on one provider, and promise it in a contract.

    A subclass names its ``kind`` and ``flavor``, takes ``(name, args, opts)`` with ``args``
    annotated by a keyword-only dataclass, and ends its ``__init__`` with ``publish``.

    Attributes:
        contract: What was provisioned, as JSON data: references only, never a secret's value.

    Args:
        name: The component's name in the Pulumi program.
        args: Its arguments.
        opts: Pulumi's options. ``protect`` and ``retain_on_delete`` say what happens to data;
            both are on unless they are given as False.

    Raises:
        ComponentError: The arguments contradict each other.
    """

    contract: pulumi.Output[dict[str, Any]]

    # Without annotations: Pulumi's host takes what is annotated here for outputs.
    kind = ""
    flavor = ""
    #: The package in the component's type token.
    package = "fairlead-components"
    #: Arguments that may stand beside ``existing``; all others say what to create.
    beside_existing = frozenset[str]()
    #: Argument → where it comes from when a stack's configuration does not give it.
    wires = cast("Mapping[str, Wire]", MappingProxyType({}))

    def __init__(self, name: str, args: Any, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        problems = [f"{argument}: {problem}" for argument, problem in self.check(args)]
        if problems:
            raise ComponentError(f"{type(self).__name__} {name!r}: {'; '.join(problems)}")
        self._label = name
        self._options = opts or pulumi.ResourceOptions()
        super().__init__(f"{self.package}:index:{type(self).__name__}", name, {}, opts)

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Yield (argument, problem) for each contradiction that types cannot express.

        Args:
            args: An instance of the component's dataclass; values may be outputs.
        """
        if getattr(args, "existing", None) is not None:
            for name, value in vars(args).items():
                if value is not None and name != "existing" and name not in cls.beside_existing:
                    yield name, "says what to create, but `existing` adopts: remove one of the two"

    def child(self, *, data: bool = False) -> pulumi.ResourceOptions:
        """Return the options of a resource that the component consists of.

        Args:
            data: Whether the resource holds data that cannot be made again: it is then protected
                from deletion, and kept when the stack is destroyed.
        """
        if not data:
            return pulumi.ResourceOptions(parent=self)
        protect, retain = self._options.protect, self._options.retain_on_delete
        return pulumi.ResourceOptions(
            parent=self,
            protect=True if protect is None else protect,
            retain_on_delete=True if retain is None else retain,
        )

    def tags(self) -> dict[str, str]:
        """Return the tags that every resource of the component carries."""
        more = pulumi.Config("fairlead").get_object("tags") or {}
        return tags(pulumi.get_project(), pulumi.get_stack(), self.kind, more)

    def publish(self, **fields: Any) -> None:
        """Promise what was provisioned, and end the component's construction.

        Args:
            fields: The fields of the contract of this kind and flavor; values may be outputs.
        """
        # Beside the contract as a whole, which is known only when all of it is.
        self.promised = {name: pulumi.Output.from_input(value) for name, value in fields.items()}
        self.contract = contract(self, self._label, self.promised)
        self.register_outputs({"contract": self.contract})


def after(value: pulumi.Input[T], *resources: pulumi.Resource) -> pulumi.Output[T]:
    """Return a value that is known now, and that who uses it gets once resources are there.

    Names that we choose are known in a preview, unlike what a backend answers; permissions that are
    written with them can be reviewed before anything exists.

    Args:
        value: What is known.
        resources: What must be there before it is used.
    """
    known: pulumi.Output[T] = pulumi.Output.from_input(value)

    async def needed() -> set[pulumi.Resource]:
        return {*(await known.resources()), *resources}

    value_in_time = cast("Awaitable[T]", known.future())  # None only while it is not known
    return pulumi.Output(needed(), value_in_time, known.is_known(), known.is_secret())


def contract(
    component: Component, label: str, fields: Mapping[str, Any]
) -> pulumi.Output[dict[str, Any]]:
    """Return a validated contract as JSON data.

    Args:
        component: The component that promises it.
        label: The component's name, for errors.
        fields: The contract's fields; values may be outputs.

    Raises:
        ComponentError: When the outputs are known: a field is a Pulumi secret, looks like a
            secret's value, or is wrong.
    """
    who = f"{type(component).__name__} {label!r}"
    model = load("fairlead.contracts", f"{component.kind}.{component.flavor}")
    outputs = {name: pulumi.Output.from_input(value) for name, value in fields.items()}

    async def refuse_secrets() -> bool:
        for name, output in outputs.items():
            if await output.is_secret():
                raise ComponentError(
                    f"{who}: the contract's field {name} is a Pulumi secret; a contract carries a "
                    "reference. Keep the value in the secret store and name it here."
                )
        return True

    def build(values: list[Any]) -> dict[str, Any]:
        known = {name: value for name, value in values[1].items() if value is not None}
        try:
            document = model.model_validate({"flavor": component.flavor, **known})
        except ValidationError as error:
            problems = "; ".join(
                ": ".join(filter(None, (".".join(map(str, problem["loc"])), problem["msg"])))
                for problem in error.errors(include_url=False, include_input=False)
            )
            raise ComponentError(f"{who} cannot promise its contract: {problems}") from None
        return dict(document.model_dump(mode="json", exclude_none=True))

    checked: pulumi.Output[bool] = pulumi.Output.from_input(refuse_secrets())
    return pulumi.Output.all(checked, pulumi.Output.all(**outputs)).apply(build)
