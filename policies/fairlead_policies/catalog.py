"""The controls and the frameworks they support, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fairlead_policies.settings import read_yaml

_HERE = Path(__file__).parent

#: From least to most severe.
SEVERITIES = ("low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True)
class Control:
    """Describe one control.

    Attributes:
        id: As in every report and waiver.
        title: One line.
        severity: One of ``SEVERITIES``.
        scope: ``resource`` where one resource tells, ``stack`` where its companions are needed.
        check: What is held to what.
        remediation: What to do about a finding; empty where not implemented.
        link: Where the resource's properties are described.
        implemented: Whether there is a rule; what has none never passes.
        criteria: For each framework's id, the criteria that the control supports.
    """

    id: str
    title: str
    severity: str
    scope: str
    check: str
    remediation: str
    link: str
    implemented: bool
    criteria: Mapping[str, tuple[str, ...]]

    @property
    def cloud(self) -> str:
        """The first part of its id: ``AWS``, ``GCP``, ``AZ``, ``K8S``, ``GEN`` or ``PRE``."""
        return self.id.partition("-")[0]

    @property
    def service(self) -> str:
        """The middle of its id, such as ``S3``."""
        return self.id.split("-")[1]


@dataclass(frozen=True, slots=True)
class Framework:
    """Describe one framework: its criteria and which controls support each."""

    id: str
    name: str
    version: str
    titles: Mapping[str, str]
    controls: Mapping[str, tuple[str, ...]]


@cache
def frameworks() -> Mapping[str, Framework]:
    """Return the frameworks by id.

    Example:
        >>> frameworks()["soc2"].titles["CC6.3"]
        'Access follows roles and least privilege'
    """
    found = {}
    for path in sorted((_HERE / "frameworks").glob("*.yaml")):
        data: dict[str, Any] = read_yaml(path)
        criteria: dict[str, Any] = data["criteria"]
        found[data["id"]] = Framework(
            id=data["id"],
            name=data["name"],
            version=data["version"],
            titles={key: one["title"] for key, one in criteria.items()},
            controls={key: tuple(one["controls"]) for key, one in criteria.items()},
        )
    return found


@cache
def controls() -> Mapping[str, Control]:
    """Return every control by id, by cloud and in the catalog's order.

    Example:
        >>> controls()["AWS-S3-01"].severity, controls()["AWS-S3-01"].implemented
        ('critical', True)
    """
    supported: dict[str, dict[str, list[str]]] = {}
    for framework in frameworks().values():
        for criterion, ids in framework.controls.items():
            for one in ids:
                supported.setdefault(one, {}).setdefault(framework.id, []).append(criterion)
    return {
        entry["id"]: Control(
            **{"remediation": "", "implemented": True} | entry,
            criteria={key: tuple(ids) for key, ids in supported.get(entry["id"], {}).items()},
        )
        for name in ("aws", "gcp", "azure", "kubernetes", "general", "preflight")
        for entry in read_yaml(_HERE / "controls" / f"{name}.yaml")
    }
