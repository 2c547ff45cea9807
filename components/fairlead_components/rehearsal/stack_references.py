"""Other stacks' outputs, as a file tells them: the throw-away state holds no other stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairlead_components.rehearsal.errors import AnswersError
from fairlead_components.rehearsal.plan import STACK
from fairlead_components.rehearsal.shapes.shape import LONG_AGO

#: The type under which a file of answers tells other stacks' outputs.
STACK_REFERENCE = "pulumi:pulumi:StackReference"

#: What states that lie in a folder call the owner of every stack.
_OWNER = "organization"


def place_stacks(state: Path, outputs: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the states of other stacks, which hold nothing but outputs.

    Args:
        state: The folder of the throw-away state.
        outputs: Outputs by the stack's name, such as ``organization/network/prod``.

    Raises:
        AnswersError: A name is not one that a state in a folder has.
    """
    for name, values in outputs.items():
        parts = name.split("/")
        if len(parts) != 3 or parts[0] != _OWNER or not all(parts):  # noqa: PLR2004 - owner, project, stack
            raise AnswersError(
                f"The answer for the stack {name!r}: in a rehearsal stacks are called "
                f"{_OWNER}/PROJECT/STACK, as wherever Pulumi's service does not keep the state."
            )
        _, project, stack = parts
        resource = {
            "urn": f"urn:pulumi:{stack}::{project}::{STACK}::{project}-{stack}",
            "type": STACK, "custom": False, "outputs": dict(values),
        }  # fmt: skip
        manifest = {"time": LONG_AGO, "magic": "", "version": ""}
        latest = {"manifest": manifest, "resources": [resource]}
        path = state / ".pulumi" / "stacks" / project / f"{stack}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"version": 3, "checkpoint": {"stack": name, "latest": latest}}))
