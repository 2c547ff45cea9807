"""What every model deployer must do: subclass, give a deployer, and pytest runs the law.

Whether a model then answers takes a real one, and a server that loads it: an adapter's own tests.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.errors import FairleadError
from fairlead.ports.model_deployer import EndpointState, ModelDeployer
from fairlead.ports.model_registry import RegisteredModel

MODEL = RegisteredModel(
    name="digits",
    version="1",
    uri="models:/digits/1",
    source="01KAEW8J00ABCDEFGHJKMNPQRS/train/model",
    digest="sha256:" + "a" * 64,
)


class ModelDeployerConformance:
    """Prove that an adapter is a model deployer.

    Example:
        A subclass whose name begins with ``Test`` gives the ``deployer`` fixture, with no endpoint.
    """

    @pytest.fixture
    def deployer(self) -> ModelDeployer:
        """Return a deployer without endpoints; subclasses override it."""
        raise NotImplementedError("override the fixture `deployer`")

    def test_is_the_port(self, deployer: ModelDeployer) -> None:
        """Prove that the adapter has the port's methods."""
        assert isinstance(deployer, ModelDeployer)

    def test_an_endpoint_keeps_its_address_from_version_to_version(
        self, deployer: ModelDeployer
    ) -> None:
        """Prove deploy, status, and that deploying again replaces what is served."""
        assert deployer.status("digits") is None
        first = deployer.deploy("digits", MODEL)
        assert (first.name, first.model, first.version) == ("digits", "digits", "1")
        assert "digits" in first.url
        assert first.state is not EndpointState.READY  # nothing can have loaded it yet
        again = deployer.deploy("digits", MODEL)
        assert (again.url, again.version) == (first.url, "1")
        second = deployer.deploy("digits", replace(MODEL, version="2"))
        assert (second.url, second.version) == (first.url, "2")
        found = deployer.status("digits")
        assert found is not None
        assert (found.url, found.version) == (first.url, "2")

    def test_endpoints_are_kept_apart_and_gone_when_deleted(self, deployer: ModelDeployer) -> None:
        """Prove that deleting one leaves another, and that deleting twice is no mistake."""
        one, two = deployer.deploy("one", MODEL), deployer.deploy("two", MODEL)
        assert one.url != two.url
        deployer.delete("one")
        deployer.delete("one")
        assert deployer.status("one") is None
        assert deployer.status("two") is not None

    def test_impossible_names_are_refused(self, deployer: ModelDeployer) -> None:
        """Prove that a name cannot break out of addresses or queries."""
        for name in ("", "Digits", "a/b", "../x", "a.b", "-a", "a" * 80):
            with pytest.raises(FairleadError):
                deployer.deploy(name, MODEL)
