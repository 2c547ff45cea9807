"""What every model registry must do: subclass, give a registry, and pytest runs the law."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from fairlead.errors import FairleadError, ModelNotFoundError
from fairlead.ports.model_registry import ModelRegistry, RegisteredModel

SOURCE = "01KAEW8J00ABCDEFGHJKMNPQRS/train/model"
DIGEST = "sha256:" + "a" * 64


class ModelRegistryConformance:
    """Prove that an adapter is a model registry.

    The models are plain data, so that a registry needs nothing to store them.

    Example:
        A subclass whose name begins with ``Test`` gives the ``registry`` fixture, a new and empty
        registry for each test.
    """

    @pytest.fixture
    def registry(self) -> ModelRegistry:
        """Return a new and empty registry; subclasses override it."""
        raise NotImplementedError("override the fixture `registry`")

    def test_is_the_port(self, registry: ModelRegistry) -> None:
        """Prove that the adapter has the port's methods."""
        assert isinstance(registry, ModelRegistry)

    def test_a_model_comes_back_with_all_that_it_was_registered_with(
        self, registry: ModelRegistry
    ) -> None:
        """Prove register, get by number and by alias, load and versions."""
        made = registry.register(
            "digits",
            {"weights": [1.5, 2.5]},
            source=SOURCE,
            digest=DIGEST,
            aliases=["champion"],
            metrics={"accuracy": 0.97},
        )
        assert (made.name, made.source, made.digest) == ("digits", SOURCE, DIGEST)
        assert made.aliases == ("champion",)
        assert made.metrics == {"accuracy": 0.97}
        assert made.uri
        assert registry.get("digits", made.version) == made
        assert registry.get("digits", "champion") == made
        assert registry.versions("digits") == [made]
        assert registry.load("digits", "champion") == {"weights": [1.5, 2.5]}

    def test_the_same_source_and_digest_is_the_same_version(self, registry: ModelRegistry) -> None:
        """Prove that a retried step registers nothing twice, and that aliases still follow."""
        first = registry.register("digits", [1], source=SOURCE, digest=DIGEST)
        again = registry.register("digits", [1], source=SOURCE, digest=DIGEST, aliases=["best"])
        assert again.version == first.version
        assert registry.get("digits", "best").version == first.version
        assert len(registry.versions("digits")) == 1

    def test_an_alias_moves_and_old_versions_stay(self, registry: ModelRegistry) -> None:
        """Prove that an alias points at one version, the one registered with it last."""
        one = registry.register("digits", [1], source=SOURCE, digest=DIGEST, aliases=["champion"])
        two = registry.register(
            "digits", [2], source=SOURCE.replace("S/", "T/"), digest=DIGEST, aliases=["champion"]
        )
        assert one.version != two.version
        assert registry.get("digits", "champion").version == two.version
        assert registry.get("digits", one.version).aliases == ()
        assert registry.load("digits", one.version) == [1]
        assert [item.version for item in registry.versions("digits")] == [two.version, one.version]

    def test_what_is_not_there_is_named(self, registry: ModelRegistry) -> None:
        """Prove the errors for an unknown model, version and alias."""
        assert registry.versions("nothing") == []
        with pytest.raises(ModelNotFoundError, match="'nothing'"):
            registry.get("nothing", "1")
        made: RegisteredModel = registry.register("digits", [1], source=SOURCE, digest=DIGEST)
        for missing in ("99", "challenger"):
            with pytest.raises(ModelNotFoundError, match=rf"'{missing}'.*{made.version}"):
                registry.load("digits", missing)

    def test_impossible_names_are_refused(self, registry: ModelRegistry) -> None:
        """Prove that a name cannot break out of paths or queries."""
        for name in ("", "a/b", "../x", "a'b", "a:b"):
            with pytest.raises(FairleadError):
                registry.register(name, [1], source=SOURCE, digest=DIGEST)

    def test_parallel_registrations_are_one_version_each(self, registry: ModelRegistry) -> None:
        """Prove that steps which register at once lose and double nothing."""
        sources = [f"01KAEW8J00ABCDEFGHJKMNPQRS/train_{number}/model" for number in range(4)]

        def register(source: str) -> str:
            return registry.register("digits", [source], source=source, digest=DIGEST).version

        with ThreadPoolExecutor(8) as pool:
            numbers = list(pool.map(register, sources * 2))
        assert numbers[:4] == numbers[4:]
        assert len(set(numbers)) == len(sources) == len(registry.versions("digits"))
        for source, number in zip(sources, numbers, strict=False):
            assert registry.load("digits", number) == [source]
