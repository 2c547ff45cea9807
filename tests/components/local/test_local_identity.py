"""The local identity: one user for every function; nothing is provisioned."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

from fairlead_components.local.local_identity import LocalIdentity, LocalIdentityArgs

FUNCTIONS = {"submitter", "runner", "step", "deployer", "serving", "reader", "maintainer"}


def test_every_function_is_the_user_that_is_named(record: Callable[..., Any]) -> None:
    args = LocalIdentityArgs(user="ada")
    contract, recorder = record(lambda: LocalIdentity("identity", args).contract)
    assert recorder.made() == {"fairlead-components:index:LocalIdentity identity"}
    assert {name for name, user in contract.items() if user == "ada"} == FUNCTIONS


def test_without_a_name_it_is_who_provisions(record: Callable[..., Any]) -> None:
    contract, _ = record(lambda: LocalIdentity("identity", LocalIdentityArgs()).contract)
    assert {contract[name] for name in FUNCTIONS} == {getpass.getuser()}
