"""What managed identities may do: custom roles of single actions, assigned on single resources."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import pulumi
from pulumi_azure_native.authorization import RoleAssignment, RoleDefinition

from fairlead_components.azure.blob_conditions import BLOBS, action_condition, read_condition
from fairlead_components.azure.defaults import guid, subscription
from fairlead_components.base import after
from fairlead_components.rights import PULLING, PUSHING, StoreRight, store_rights

#: Built-in roles for blobs all hold more than any function uses.
_ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "read": f"{BLOBS}/read",
        "create": f"{BLOBS}/add/action",
        "create-large": f"{BLOBS}/write",
        "delete": f"{BLOBS}/delete",
    }
)
#: AcrPull and AcrPush, which hold what pulling and pushing ask for.
_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
_PUSH = "8311e382-0749-4cb8-b61a-304f252e45ec"


@dataclass(frozen=True, slots=True)
class Holder:
    """Hold who is granted a function's rights.

    Attributes:
        function: The function.
        label: What to call it in the names of resources.
        principal_id: Its id in the directory.
        group: Whether it is a group of people instead of an identity.
    """

    function: str
    label: str
    principal_id: pulumi.Input[str]
    group: bool = False


class IdentityRights:
    """Assign to identities what their functions need.

    Args:
        name: What the resources' names in the Pulumi program begin with.
        options: The options of each resource.
        group: The resource group in which the roles can be assigned.
        holders: Who has the functions.
    """

    def __init__(
        self,
        name: str,
        options: pulumi.ResourceOptions,
        group: pulumi.Input[str],
        holders: list[Holder],
    ) -> None:
        self._name = name
        self._options = options
        self._holders = holders
        self._scope = pulumi.Output.format(
            "/subscriptions/{0}/resourceGroups/{1}", subscription(), group
        )
        self._defined: dict[str, pulumi.Output[str]] = {}

    def on_store(self, container: pulumi.Input[str], prefix: pulumi.Input[str]) -> None:
        """Assign to each function its paths of the store, and no other.

        Args:
            container: The container's resource id.
            prefix: The store's folder in it, empty or with a slash at its end.
        """
        root = pulumi.Output.from_input(prefix)
        for function, verb, right, folders in _grouped():
            condition = root.apply(partial(_condition, verb, right.paths, folders))
            for holder in self._holders:
                if holder.function == function:
                    self._assign(holder, verb, self._role(verb), container, condition)

    def on_registry(self, registry: pulumi.Input[str]) -> None:
        """Let those pull whose containers run images, and those push who build them.

        Args:
            registry: The registry's resource id.
        """
        for verb, role, functions in (("pull", _PULL, PULLING), ("push", _PUSH, PUSHING)):
            for holder in self._holders:
                if holder.function in functions:
                    self._assign(holder, verb, _role_id(role), registry)

    def _assign(
        self,
        holder: Holder,
        verb: str,
        role: pulumi.Input[str],
        scope: pulumi.Input[str],
        condition: pulumi.Input[str] | None = None,
    ) -> None:
        own = (pulumi.get_project(), pulumi.get_stack(), self._name, holder.label, verb)
        RoleAssignment(
            f"{self._name}-{holder.label}-{verb}",
            role_assignment_name=guid(*own),
            principal_id=holder.principal_id,
            principal_type="Group" if holder.group else "ServicePrincipal",
            role_definition_id=role,
            scope=scope,
            condition=condition,
            condition_version="2.0" if condition is not None else None,
            # Azure takes one assignment under a name at a time.
            opts=pulumi.ResourceOptions.merge(
                self._options, pulumi.ResourceOptions(delete_before_replace=True)
            ),
        )

    def _role(self, verb: str) -> pulumi.Output[str]:
        if verb not in self._defined:
            own = (pulumi.get_project(), pulumi.get_stack(), self._name, verb)
            defined = RoleDefinition(
                f"{self._name}-{verb}-role",
                role_definition_id=guid(*own),
                # Names of roles are one directory's.
                role_name=pulumi.Output.format(
                    "Fairlead {0} {1}: {2} ({3})", own[0], own[1], verb, subscription()
                ),
                role_type="CustomRole",
                scope=self._scope,
                assignable_scopes=[self._scope],
                permissions=[
                    {
                        "actions": [],
                        "not_actions": [],
                        "data_actions": [_ACTIONS[verb]],
                        "not_data_actions": [],
                    }
                ],
                opts=self._options,
            )
            self._defined[verb] = after(_role_id(guid(*own)), defined)
        return self._defined[verb]


def _grouped() -> Iterator[tuple[str, str, StoreRight, tuple[str, ...]]]:
    """Yield function, verb, right and listed folders: Azure reads and lists by one action."""
    rights = list(store_rights())
    lists = {right.function: right.paths for right in rights if right.verb == "list"}
    for right in rights:
        if right.verb != "list":
            verb = f"{right.verb}-large" if right.large else right.verb
            yield right.function, verb, right, lists[right.function]


def _condition(verb: str, paths: tuple[str, ...], folders: tuple[str, ...], root: str) -> str:
    if verb == "read":
        return read_condition(root, paths, folders)
    return action_condition(_ACTIONS[verb], root, paths)


def _role_id(role: str) -> pulumi.Output[str]:
    found: pulumi.Output[str] = pulumi.Output.format(
        "/subscriptions/{0}/providers/Microsoft.Authorization/roleDefinitions/{1}",
        subscription(),
        role,
    )
    return found
