"""The arguments and options that the commands which drive Pulumi share."""

from __future__ import annotations

from typing import Annotated

import typer

Stack = Annotated[str, typer.Argument(help="The stack's name, as in Pulumi.<stack>.yaml.")]
Extra = Annotated[
    list[str] | None, typer.Argument(help="After `--`: further arguments for Pulumi.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
NonInteractive = Annotated[
    bool, typer.Option("--non-interactive", help="Never ask, and draw no live display.")
]
