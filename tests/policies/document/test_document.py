"""A stack's document says what the stack consists of, and nothing that could not be shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sample_stacks import aws_components, aws_export, resource
from typer.testing import CliRunner

from fairlead.cli.main import app
from fairlead_policies.commands.check import build_report
from fairlead_policies.document.contents import contents
from fairlead_policies.document.encryption import encrypted
from fairlead_policies.document.exits import exits
from fairlead_policies.document.page import render
from fairlead_policies.inventory import Inventory, parse_inventory
from fairlead_policies.report import page as report_page
from fairlead_policies.report.matrix import Report
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.settings import Settings
from fairlead_policies.stack import Stack

ENCRYPTION = resource(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "encryption",
    {
        "bucket": "ml",
        "rules": [{"applyServerSideEncryptionByDefault": {"kmsMasterKeyId": "arn:aws:kms:x"}}],
    },
    bucket="bucket",
    rules="key",
)
OUTPUTS = {"fairlead": {"schema": "1.0", "components": aws_components()}}
TIME = datetime(2026, 11, 21, tzinfo=UTC)


def inventory(outputs: dict[str, Any] | None = None) -> Inventory:
    content = aws_export(OUTPUTS if outputs is None else outputs, (ENCRYPTION,))
    return parse_inventory(content, "export.json")


def report(outputs: dict[str, Any] | None = None) -> Report:
    return build_report(inventory(outputs), config=None, waivers=None, time=TIME)


def test_it_says_what_the_stack_consists_of() -> None:
    said = contents(inventory(), Settings())
    assert [(one.kind, one.flavor) for one in said.components] == [
        ("artifact_store", "s3"), ("identity", "iam"),
    ]  # fmt: skip
    assert ("aws iam Role", 7) in said.resources
    assert said.picture.startswith("<svg")
    step = next(one for one in said.identities if one.name == "step")
    assert "artifacts/*" in dict(step.may)["s3:PutObject"]
    assert "artifacts/*" in dict(step.calls)["s3:PutObject"]


def test_encryption_names_the_key_of_the_stack() -> None:
    found = {one.name: one for one in contents(inventory(), Settings()).encrypted}
    assert (found["bucket"].key, found["bucket"].own) == ("key", True)


@pytest.mark.parametrize(
    ("props", "sources", "key"),
    [
        ({}, {}, "the provider's own"),
        ({"encryption": {"defaultKmsKeyName": UNKNOWN}}, {"encryption": "key"}, "key"),
        ({"encryption": {"defaultKmsKeyName": "k"}}, {}, "a key outside of the stack"),
        ({"encryption": {"defaultKmsKeyName": UNKNOWN}}, {}, "a key that is known after `up`"),
    ],
)
def test_a_key_is_told_from_none(props: dict[str, Any], sources: dict[str, str], key: str) -> None:
    bucket = resource("gcp:storage/bucket:Bucket", "data", props, **sources)
    kms = resource("gcp:kms/cryptoKey:CryptoKey", "key", {})
    assert [one.key for one in encrypted(Stack([bucket, kms], Settings()))] == [key]


ANYWHERE = {"cidrBlocks": ["0.0.0.0/0"]}


@pytest.mark.parametrize(
    ("type_", "props", "ways"),
    [
        ("aws:ec2/internetGateway:InternetGateway", {}, 1),
        ("aws:ec2/securityGroup:SecurityGroup", {"egress": [ANYWHERE]}, 1),
        ("aws:ec2/securityGroup:SecurityGroup", {"egress": [{"cidrBlocks": ["10.0.0.0/8"]}]}, 0),
        ("aws:ec2/securityGroup:SecurityGroup", {"egress": [{"cidrBlocks": UNKNOWN}]}, 1),
        ("gcp:storage/bucketIAMMember:BucketIAMMember", {"member": "allUsers"}, 1),
        ("gcp:storage/bucketIAMMember:BucketIAMMember", {"member": "serviceAccount:a"}, 0),
        ("gcp:compute/firewall:Firewall", {"direction": "EGRESS", "allows": [{}]}, 1),
        ("azure-native:storage:StorageAccount", {"publicNetworkAccess": "Disabled"}, 0),
        ("azure-native:storage:StorageAccount", {}, 1),
        ("kubernetes:core/v1:Service", {"spec": {"type": "LoadBalancer"}}, 1),
        ("kubernetes:core/v1:Service", {"spec": {"type": "ClusterIP"}}, 0),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", {"spec": {"egress": [{}]}}, 1),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", {"spec": {"egress": []}}, 0),
        (
            "kubernetes:networking.k8s.io/v1:NetworkPolicy",
            {"spec": {"egress": [{"ports": [{"port": 443}]}]}},
            1,
        ),
    ],
)
def test_where_data_can_leave(type_: str, props: dict[str, Any], ways: int) -> None:
    one: Resource = resource(type_, "one", props)
    assert len(exits(Stack([one], Settings()))) == ways


def test_the_page_is_whole_and_says_the_same_each_time() -> None:
    first = render(report())
    assert first == render(report())
    assert not re.search(r"(?:src|href)=[\"']https?:", first)
    assert "<script" not in first
    for heading in ("Components", "Identities", "Data flows", "Where data can leave", "Encryption"):
        assert re.search(rf"<h2 [^>]*>{heading}", first)
    assert "Open findings" in first
    linked, anchors = (
        set(re.findall(found, first)) for found in (r'href="#([^"]+)', r' id="([^"]+)')
    )
    assert len(linked) == 7
    assert linked <= anchors


def test_names_of_resources_do_not_become_markup() -> None:
    outputs = {"fairlead": {"schema": "1.0", "components": {"key": {"flavor": "<script>x"}}}}
    assert "<script" not in render(report(outputs))


def test_the_report_begins_with_it() -> None:
    whole = report_page.render(report())
    assert whole.index(">Components</h2>") < whole.index(">Matrix of controls</h2>")
    linked, anchors = (
        set(re.findall(found, whole)) for found in (r'href="#([^"]+)', r' id="([^"]+)')
    )
    assert linked <= anchors


def test_a_stack_that_is_none_of_ours_has_a_document_too() -> None:
    page = render(report({}))
    assert ">Components<" not in page
    assert ">Resources</h2>" in page


def test_the_command_writes_it(tmp_path: Path) -> None:
    export = tmp_path / "export.json"
    export.write_bytes(aws_export(OUTPUTS, (ENCRYPTION,)))
    out = tmp_path / "stack.html"
    result = CliRunner().invoke(app, ["stacks", "document", "--file", str(export), "-o", str(out)])
    assert result.exit_code == 0, result.output
    assert out.read_text(encoding="utf-8").count("<section") == 1


def test_the_check_shows_the_identities(tmp_path: Path) -> None:
    export = tmp_path / "export.json"
    export.write_bytes(aws_export(OUTPUTS, (ENCRYPTION,)))
    result = CliRunner().invoke(app, ["check", "--file", str(export)])
    assert re.search(r"^identity +cloud +calls", result.output, re.MULTILINE), result.output
    assert re.search(r"^maintainer +aws", result.output, re.MULTILINE)
