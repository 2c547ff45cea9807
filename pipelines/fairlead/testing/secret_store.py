"""What every secret store must do: subclass, give a store, and pytest runs the law."""

from __future__ import annotations

import threading

import pytest

from fairlead.errors import FairleadError, SecretNotFoundError
from fairlead.ports.secret_store import SecretStore

SENTINEL = "v4lue-that-must-never-be-shown"


class SecretStoreConformance:
    """Prove that an adapter is a secret store.

    Example:
        A subclass whose name begins with ``Test`` gives the ``store`` fixture, a new and empty
        store for each test::

            class TestVaultSecretStore(SecretStoreConformance):
                @pytest.fixture
                def store(self) -> SecretStore:
                    return VaultSecretStore(contract)
    """

    @pytest.fixture
    def store(self) -> SecretStore:
        """Return a new and empty store; subclasses override it."""
        raise NotImplementedError("override the fixture `store`")

    def test_is_the_port(self, store: SecretStore) -> None:
        """Prove that the adapter has the port's methods."""
        assert isinstance(store, SecretStore)

    @pytest.mark.parametrize(
        "value",
        ["s3cret", "", " padded ", "two\nlines\n", "\r\n", "naïve ☃ 🔑", "x" * 20_000],
        ids=["plain", "empty", "spaces", "newlines", "crlf", "unicode", "20 kB"],
    )
    def test_a_value_comes_back_as_it_was(self, store: SecretStore, value: str) -> None:
        """Prove that no character of a value is lost."""
        store.put("hub", value)
        assert store.get("hub") == value

    def test_the_last_value_counts(self, store: SecretStore) -> None:
        """Prove that put replaces, to a shorter value too."""
        store.put("hub", "long first value")
        store.put("hub", "second")
        assert store.get("hub") == "second"
        assert store.names() == ["hub"]

    def test_names_are_sorted_and_deleted_ones_gone(self, store: SecretStore) -> None:
        """Prove what names() lists."""
        assert store.names() == []
        for name in ("zeta", "HF_TOKEN", "a-b"):
            store.put(name, "x")
        store.delete("zeta")
        store.delete("zeta")
        assert store.names() == ["HF_TOKEN", "a-b"]
        with pytest.raises(SecretNotFoundError):
            store.get("zeta")

    def test_a_missing_secret_is_named_with_the_fix(self, store: SecretStore) -> None:
        """Prove that the error says which secret, and how to store it."""
        with pytest.raises(LookupError, match=r"nowhere.*fairlead secrets put nowhere"):
            store.get("nowhere")

    @pytest.mark.parametrize("name", ["", "../x", "a/b", "1st", "a b", "a\n", "x" * 128, ".tmp"])
    def test_impossible_names_are_refused(self, store: SecretStore, name: str) -> None:
        """Prove that a name cannot leave the store, and that the error holds no value."""
        with pytest.raises(FairleadError) as caught:
            store.put(name, SENTINEL)
        assert SENTINEL not in str(caught.value)
        assert store.names() == []

    def test_no_error_holds_a_value(self, store: SecretStore) -> None:
        """Prove that neither an error nor what caused it tells a value."""
        store.put("hub", SENTINEL)
        assert SENTINEL not in repr(store)
        with pytest.raises(FairleadError) as caught:
            store.put("hub", f"{SENTINEL}\udc80")
        error: BaseException | None = caught.value
        while error is not None:
            assert SENTINEL not in repr(error)
            error = error.__cause__ or error.__context__
        assert store.get("hub") == SENTINEL

    def test_readers_never_see_half_a_value(self, store: SecretStore) -> None:
        """Prove that a replacement is seen as a whole or not at all."""
        values = {letter * 10_000 for letter in "ab"}
        store.put("hub", min(values))
        seen: set[str] = set()
        done = threading.Event()

        def read() -> None:
            while not done.is_set():
                seen.add(store.get("hub"))

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(25):
            for value in sorted(values):
                store.put("hub", value)
        done.set()
        reader.join()
        assert seen <= values
