"""The real pack in the real engine finds what the rules find on plain data: no more, no less."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import test_controls  # noqa: F401 - its imports fill the table
import yaml
from engine_programs import MARK, renamed, write_program
from policy_cases.builder import CASES, Case
from policy_cases.whole_programs import WHOLE

from fairlead_components.engine.projects import find_project
from fairlead_components.rehearsal.answers import Answers
from fairlead_components.rehearsal.sdk import Sdk
from fairlead_components.rehearsal.servers import StandIns
from fairlead_components.rehearsal.throwaway import throwaway
from fairlead_policies.catalog import controls
from fairlead_policies.evaluation import evaluate
from fairlead_policies.pack import groups, schema
from fairlead_policies.resource import Resource, holds_unknown
from fairlead_policies.results import Finding, Result
from fairlead_policies.settings import parse_settings, settings_type

CHECKOUT = Path(__file__).parents[2]
#: Every control applies: production, cut off, with environments, regions and registries.
STRICT = {
    "environment": "prod",
    "isolation": "vpc",
    "allowed_regions": ["eu-west-1", "europe-west4", "westeurope"],
    "allowed_registries": ["111111111111.dkr.ecr.*.amazonaws.com", "ghcr.io/acme"],
    "environments": {
        "prod": {
            "aws_accounts": ["111111111111"],
            "gcp_projects": ["acme-dev"],
            "azure_subscriptions": ["sub-dev"],
            "azure_resource_groups": ["ml-dev"],
        },
        "dev": {"aws_accounts": ["222222222222"]},
    },
}
SETTINGS = parse_settings(STRICT, "strict")
CLOUDS = {"AWS": "aws", "GCP": "gcp", "AZ": "azure-native", "K8S": "kubernetes"}
#: What makes the default providers this environment's.
CONFIG = {
    "aws:region": "eu-west-1",
    "aws:allowedAccountIds": ["111111111111"],
    "gcp:project": "acme-dev",
    "azure-native:subscriptionId": "sub-dev",
}
_ID = re.compile(r"\b[A-Z0-9]+-[A-Z0-9]+-\d\d\b")
#: What has no compliant resource, for its mere existence violates.
EXISTENCE = {"AWS-IAM-07", "GCP-IAM-03"}


def test_there_are_about_25_policies_with_every_control_in_one() -> None:
    assert 15 <= len(groups()) <= 30
    named = [one.id for group in groups() for one in group.controls]
    assert sorted(named) == sorted(set(named) & set(CASES)) == sorted(CASES)
    assert len({group.name for group in groups()}) == len(groups())


def test_the_packs_schema_is_that_of_the_settings() -> None:
    ours, known = schema(), settings_type().json_schema()["properties"]
    assert set(ours) == set(known) | {"waivers"}
    for name, one in known.items():
        assert ours[name]["type"] == one.get("type", "object"), name
        assert ours[name].get("enum") == one.get("enum"), name


def test_a_preview_without_settings_imports_no_pydantic() -> None:
    """It takes longer to import than the pack needs to judge a stack of 200 resources."""
    program = (
        "import sys\n"
        "from fairlead_policies.pack import Session, groups, schema\n"
        "groups(), schema(), Session().configure({})\n"
        "assert 'pydantic' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=CHECKOUT / "policies",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def failing(findings: list[Finding], cloud: str) -> set[str]:
    return {
        one.control
        for one in findings
        if one.result is Result.FAIL and one.control.startswith(f"{cloud}-")
    }


def known(case: Case) -> bool:
    """Tell whether all that is unknown comes from another resource of the case."""
    return all(
        not holds_unknown(value) or one.property_dependencies.get(name)
        for one in case.resources
        for name, value in one.props.items()
    ) and not any(one.type.startswith("pulumi:") for one in case.resources)


def plainly(case: Case) -> bool:
    """Tell whether what comes from other resources is unknown in the case, as in a preview."""
    return all(
        holds_unknown(one.props[name])
        for one in case.resources
        for name in one.property_dependencies
    )


def violating(cloud: str) -> list[Resource]:
    """Return a program that violates every control of a cloud, from one case each."""
    chosen = []
    for control in controls():
        if control not in CASES or not control.startswith(f"{cloud}-"):
            continue
        cases = (
            case for case in CASES[control] if case.kind == "bad" and known(case) and plainly(case)
        )
        fits = (c for c in cases if control in failing(evaluate(c.resources, SETTINGS), cloud))
        chosen.append(next(fits).resources)
    chosen += [
        case.resources
        for case in CASES["GEN-PROT-01"]  # what Pulumi tells of options reaches the rules
        if case.kind == "bad" and case.resources[0].type.startswith(f"{CLOUDS[cloud]}:")
    ]
    return renamed(chosen)


def compliant(cloud: str) -> list[Resource]:
    """Return a program that violates nothing and in which every control of a cloud passes."""
    chosen = list(WHOLE[cloud])
    passed = {
        f.control
        for program in chosen
        for f in evaluate(program, SETTINGS)
        if f.result is Result.PASS
    }
    for control, cases in CASES.items():
        if control in passed or not control.startswith(f"{cloud}-"):
            continue
        for case in cases:
            found = evaluate(case.resources, SETTINGS)
            ours = {f.control for f in found if f.result is Result.PASS}
            if known(case) and control in ours and not any(f.result is Result.FAIL for f in found):
                chosen.append(case.resources)
                passed |= ours
                break
    needed = {one for one in CASES if one.startswith(f"{cloud}-")} - EXISTENCE
    assert needed <= passed, needed - passed
    return renamed(chosen)


class Guarded:
    """A project whose previews the pack guards."""

    def __init__(self, folder: Path, pack: Path, sdks: dict[str, Sdk]) -> None:
        self.folder = folder
        self.pack = pack
        self.sdks = sdks
        settings = {"name": "demo", "runtime": {"name": "python"}}
        settings["runtime"] |= {"options": {"virtualenv": sys.prefix}}  # type: ignore[operator]
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
        (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": CONFIG}))
        self.config = folder.parent / "config.json"
        self.config.write_text(json.dumps({"fairlead-configuration": STRICT}))

    def preview(self) -> tuple[int, Iterator[dict], str]:
        """Return the exit status, the policies' violations, and what was said."""
        events = self.folder.parent / "events.json"
        events.unlink(missing_ok=True)
        options = ("--policy-pack", str(self.pack), "--policy-pack-config", str(self.config))
        with (
            StandIns(self.sdks, Answers()) as stand_ins,
            throwaway(find_project(self.folder), "dev", stand_ins.attachment) as place,
        ):
            done = place.run("preview", *options, "--event-log", str(events))
        said = done.stdout + done.stderr
        logged = events.read_text().splitlines() if events.is_file() else []
        found = [
            one["policyEvent"] for line in logged if "policyEvent" in (one := json.loads(line))
        ]
        return done.returncode, iter(found), said


@pytest.fixture
def guarded(tmp_path: Path, pack: Path, sdks: dict[str, Sdk]) -> Guarded:
    folder = tmp_path / "project"
    folder.mkdir()
    return Guarded(folder, pack, sdks)


def pairs(found: Iterator[dict]) -> set[tuple[str, str]]:
    """Return the control, which each message begins with, and the resource's name."""
    return {(_ID.findall(one["message"])[0], name(one)) for one in found}


def name(event: dict) -> str:
    return event.get("resourceUrn", "").rpartition("::")[2]


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_violating_program_is_stopped_by_exactly_its_controls(
    cloud: str, guarded: Guarded
) -> None:
    written = write_program(guarded.folder, violating(cloud), guarded.sdks)
    expected = {
        (one.control, one.urn.rpartition("::")[2])
        for one in evaluate(written, SETTINGS)
        if one.result is Result.FAIL
    }
    stack_wide = {"GCP-IAM-10", "GCP-NET-04"}
    expected = {(c, "" if c in stack_wide else n) for c, n in expected}
    every = {one for one in CASES if one.startswith(f"{cloud}-")}
    assert every <= {control for control, _ in expected}
    status, found, said = guarded.preview()
    told = {(c, "" if c in stack_wide else n) for c, n in pairs(found)}
    assert status != 0, said
    assert told == expected, said[-3000:]


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_compliant_program_passes_without_a_word(cloud: str, guarded: Guarded) -> None:
    write_program(guarded.folder, compliant(cloud), guarded.sdks)
    status, found, said = guarded.preview()
    assert pairs(found) == set()
    assert status == 0, said[-3000:]
    assert MARK not in said


@pytest.mark.engine
@pytest.mark.slow
def test_settings_and_waivers_reach_the_pack(guarded: Guarded, tmp_path: Path) -> None:
    key = Resource("urn:pulumi:dev::demo::aws:kms/key:Key::models", "aws:kms/key:Key", "models", {})
    write_program(guarded.folder, [key], guarded.sdks)
    waivers = tmp_path / "waivers.yaml"
    entry = {"control": "AWS-KMS-01", "resource": "models", "owner": "ada", "reason": "until May"}
    waivers.write_text(yaml.safe_dump([entry | {"expires": "2999-01-01"}]))
    guarded.config.write_text(
        json.dumps({"all": "mandatory", "fairlead-configuration": {"waivers": str(waivers)}})
    )
    status, found, said = guarded.preview()
    events = list(found)
    assert {one["policyName"] for one in events} == {"fairlead-waived"}, said
    assert "until May" in events[0]["message"]

    waivers.write_text(yaml.safe_dump([entry | {"expires": "2020-01-01"}]))
    status, found, said = guarded.preview()
    assert status != 0
    assert {one["policyName"] for one in found} >= {"fairlead-waivers", "aws-identity-medium"}, said

    guarded.config.write_text(json.dumps({"fairlead-configuration": {"isolation": "far"}}))
    status, _, said = guarded.preview()
    assert status != 0
    assert "isolation" in said
