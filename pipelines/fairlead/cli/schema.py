"""``fairlead schema``: the JSON Schemas of the manifest and of every contract."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fairlead.cli.output import JsonOption, emit

app = typer.Typer()

GROUP = "fairlead.contracts"


@app.command()
def schema(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="`manifest`, or a contract as `artifact_store.s3`."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print a JSON Schema; without a name all of them, by name.

    Schemas are JSON in any case; --json changes nothing.
    """
    del as_json
    emit(schemas() if name is None else one_schema(name))


def one_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of the manifest or of one contract.

    Args:
        name: ``manifest``, or ``<kind>.<flavor>``.

    Raises:
        UnknownFlavorError: Nothing installed has such a contract.

    Example:
        >>> one_schema("artifact_store.local")["type"]
        'object'
    """
    from fairlead.contracts.schema import manifest_schema
    from fairlead.registry import load

    if name == "manifest":
        return manifest_schema()
    document: dict[str, Any] = load(GROUP, name).model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def schemas() -> dict[str, Any]:
    """Return the JSON Schemas of the manifest and of every installed contract, by name."""
    from fairlead.registry import names

    return {name: one_schema(name) for name in ["manifest", *names(GROUP)]}
