"""Where local stacks keep their data."""

import os
from pathlib import Path

import pulumi

from fairlead_components.naming import physical_name

#: Below the Pulumi project, beside Pulumi's own state, so that git ignores both.
DATA = ".state/data"


def data_folder(given: pulumi.Input[str] | None, *default: str) -> pulumi.Output[str]:
    """Return a folder, absolute: the one that is given, or one of this stack alone.

    The default lies below ``fairlead:root`` of the configuration, which is ``.state/data`` unless
    it is set, and then below the stack's name: two stacks share nothing, also where they share the
    root. Relative folders are taken from the Pulumi project's folder.

    Args:
        given: The folder that a program asks for.
        default: The folder below the stack's, by its segments.
    """
    project = Path(pulumi.get_root_directory() or "").absolute()
    if given is None:
        root = pulumi.Config("fairlead").get("root") or DATA
        given = str(Path(root, physical_name("local_folder", pulumi.get_stack()), *default))
    # Not Path.resolve: whoever puts a link there wants the data behind it to be found through it.
    return pulumi.Output.from_input(given).apply(lambda folder: os.path.normpath(project / folder))
