"""Secrets lie in the stack's namespace, and Pulumi makes none of them."""

from __future__ import annotations

from typing import Any


def test_it_names_a_place_and_makes_nothing(declared: Any) -> None:
    store = declared.contracts["secret_store"]
    assert store["namespace"] == declared.contracts["cluster"]["namespace"]
    assert (store["prefix"], store["data_key"]) == ("secret-", "value")
    names = {item["metadata"]["name"] for item in declared.objects.values()}
    assert not [name for name in names if name.startswith(store["prefix"])]
