"""The local secret store obeys the law of all secret stores, and its files are nobody else's."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from fairlead.adapters.local.local_secret_store import LocalSecretStore
from fairlead.contracts.secret_store import LocalSecretStoreContract
from fairlead.errors import SecretStoreError
from fairlead.testing.secret_store import SENTINEL, SecretStoreConformance


@pytest.fixture
def store(tmp_path: Path) -> LocalSecretStore:
    return LocalSecretStore(LocalSecretStoreContract(path=str(tmp_path / "secrets")))


class TestLocalSecretStore(SecretStoreConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> LocalSecretStore:
        return LocalSecretStore(LocalSecretStoreContract(path=str(tmp_path / "s"), prefix="p-"))


def test_folder_and_files_are_the_owners_alone(store: LocalSecretStore, tmp_path: Path) -> None:
    store.put("hub", "x")
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "secrets/hub").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["hub"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_can_reach_is_refused(
    store: LocalSecretStore, tmp_path: Path, mode: int
) -> None:
    store.put("hub", SENTINEL)
    (tmp_path / "secrets/hub").chmod(mode)
    with pytest.raises(SecretStoreError, match=rf"mode {mode:o}.*chmod 600 {tmp_path}") as caught:
        store.get("hub")
    assert SENTINEL not in str(caught.value)


def test_a_folder_that_others_can_reach_is_refused(store: LocalSecretStore, tmp_path: Path) -> None:
    store.put("hub", "x")
    (tmp_path / "secrets").chmod(0o755)
    for attempt in (lambda: store.get("hub"), lambda: store.put("hub", "y"), store.names):
        with pytest.raises(SecretStoreError, match=r"mode 755.*chmod 700"):
            attempt()


def test_a_link_out_of_the_folder_is_not_followed(store: LocalSecretStore, tmp_path: Path) -> None:
    store.put("hub", "x")
    (tmp_path / "elsewhere").write_text("theirs")
    (tmp_path / "secrets/link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SecretStoreError, match="cannot be used"):
        store.get("link")


def test_a_failed_replacement_leaves_the_old_value(
    store: LocalSecretStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("hub", "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SecretStoreError, match="No space left"):
        store.put("hub", "new")
    monkeypatch.undo()
    assert store.get("hub") == "old"
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["hub"]
