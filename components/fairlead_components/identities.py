"""Identities that a team has already: the same argument for the identities of every cloud."""

from dataclasses import dataclass
from typing import Optional

import pulumi

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class ExistingIdentities:
    """Name identities that are there already: roles by ARN, accounts by email, others by id.

    Attributes:
        submitter: Who starts runs.
        runner: Who walks the graph.
        step: Who runs user code.
        deployer: Who changes what is served.
        serving: Who serves models.
        reader: Who reads reports.
        maintainer: Who deletes.
    """

    submitter: Optional[pulumi.Input[str]] = None
    runner: Optional[pulumi.Input[str]] = None
    step: Optional[pulumi.Input[str]] = None
    deployer: Optional[pulumi.Input[str]] = None
    serving: Optional[pulumi.Input[str]] = None
    reader: Optional[pulumi.Input[str]] = None
    maintainer: Optional[pulumi.Input[str]] = None
