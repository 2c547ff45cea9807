"""Fairlead's own provider, rehearsed from its handlers: none of them acts."""

from __future__ import annotations

from pathlib import Path

from fairlead_components.provider.directory import DirectoryHandler
from fairlead_components.provider.manifest_publication import ManifestPublicationHandler
from fairlead_components.provider.password import PasswordHandler
from fairlead_components.rehearsal.answers import shape_of
from fairlead_components.rehearsal.catalog import HandlerCatalog, SdkCatalog
from fairlead_components.rehearsal.sdk import Sdk
from fairlead_components.rehearsal.shapes.shape import Subject

CATALOG = HandlerCatalog([DirectoryHandler(), ManifestPublicationHandler(), PasswordHandler()])


def test_a_folder_is_checked_and_not_made(tmp_path: Path) -> None:
    kind = CATALOG.resource("fairlead:index:Directory")
    assert kind is not None
    assert kind.inputs["path"] == ["string", True]
    assert kind.replacing == ("path",)
    inputs = {"path": str(tmp_path / "folder")}
    assert CATALOG.with_defaults(kind, inputs)["mode"] == "0700"
    assert CATALOG.validate(kind, {"path": "relative"})[0][0] == "path"
    subject = Subject(kind.token, "urn", "folder", inputs)
    assert shape_of("fairlead").identifier(subject) == inputs["path"]
    assert not (tmp_path / "folder").exists()


def test_a_password_is_an_output_that_stays_secret() -> None:
    kind = CATALOG.resource("fairlead:index:Password")
    assert kind is not None
    assert kind.outputs["value"] == ["string", True]
    assert CATALOG.hidden(kind) == {"value"}
    assert CATALOG.resource("fairlead:index:Other") is None
    assert CATALOG.function("fairlead:index:any") is None


def test_custom_resources_of_a_cluster_are_taken_as_they_are(sdks: dict[str, Sdk]) -> None:
    catalog = SdkCatalog(sdks["kubernetes"])
    custom = catalog.resource("kubernetes:serving.kserve.io/v1beta1:InferenceService")
    assert custom is not None
    assert custom.opaque
    assert catalog.resource("kubernetes:core/v1:Nothing") is None
