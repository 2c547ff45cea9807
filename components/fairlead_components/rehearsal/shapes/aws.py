"""How AWS writes ids and ARNs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fairlead_components.rehearsal.shapes.shape import Shape, Subject

ACCOUNT = "123456789012"
REGION = "us-east-1"

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

#: Services whose ARNs carry no region.
_GLOBAL = frozenset({"iam", "s3", "route53", "cloudfront", "organizations"})

#: The part of an ARN after the account, where it is not ``<type>/<name>``.
_RESOURCE_PART: Mapping[str, str] = {
    "s3": "{name}", "sns": "{name}", "sqs": "{name}", "lambda:Function": "function:{name}",
    "cloudwatch:LogGroup": "log-group:{name}", "secretsmanager:Secret": "secret:{name}-{six}",
    "rds:Instance": "db:{name}", "rds:Cluster": "cluster:{name}", "kms": "key/{id}",
    "sfn:StateMachine": "stateMachine:{name}",
}  # fmt: skip

_ARN_SERVICE: Mapping[str, str] = {
    "cloudwatch:LogGroup": "logs", "sfn": "states", "lb": "elasticloadbalancing", "alb":
    "elasticloadbalancing", "vpc": "ec2", "cfg": "config",
}  # fmt: skip


def region(subject: Subject) -> str:
    """Return the region that a resource is in."""
    return subject.setting("region", REGION)


def partition(where: str) -> str:
    """Return the partition of a region.

    Example:
        >>> partition("cn-north-1")
        'aws-cn'
    """
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(where.rpartition("-")[0].rpartition("-")[0],
                                                        "aws")  # fmt: skip


def arn(subject: Subject) -> str:
    """Return a resource's ARN.

    Example:
        >>> arn(Subject("aws:s3/bucket:Bucket", "urn", "models"))
        'arn:aws:s3:::models'
    """
    service, kind = subject.service, subject.type
    qualified = f"{service}:{kind}"
    where = "" if service in _GLOBAL else region(subject)
    account = "" if service == "s3" else ACCOUNT
    template = _RESOURCE_PART.get(qualified) or _RESOURCE_PART.get(service)
    template = template or f"{_CAMEL.sub('-', kind).lower()}/{{name}}"
    rest = template.format(name=subject.name, id=subject.guid(), six=subject.digits(6))
    shown = _ARN_SERVICE.get(qualified) or _ARN_SERVICE.get(service, service)
    return f"arn:{partition(region(subject))}:{shown}:{where}:{account}:{rest}"


def policy_document(values: Mapping[str, Any]) -> str:
    """Return the document that ``aws.iam.get_policy_document`` makes of its arguments."""
    document: dict[str, Any] = {"Version": values.get("version") or "2012-10-17"}
    if values.get("policyId"):
        document["Id"] = values["policyId"]
    sources = [*(values.get("sourcePolicyDocuments") or []), *filter(None, [values.get("source")])]
    statements: list[dict[str, Any]] = []
    for source in sources:
        statements += json.loads(source).get("Statement", [])
    statements += [_statement(statement) for statement in values.get("statements") or []]
    for override in values.get("overridePolicyDocuments") or []:
        for statement in json.loads(override).get("Statement", []):
            named = statement.get("Sid")
            statements = [s for s in statements if not named or s.get("Sid") != named]
            statements.append(statement)
    return json.dumps({**document, "Statement": statements}, indent=2)


def _statement(given: Mapping[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": given.get("effect") or "Allow"}
    if given.get("sid"):
        statement["Sid"] = given["sid"]
    for field_name in ("actions", "notActions", "resources", "notResources"):
        found = given.get(field_name)
        if found:
            key = field_name[:1].upper() + field_name[1:-1]
            statement[key] = found[0] if len(found) == 1 else found
    for field_name in ("principals", "notPrincipals"):
        principals: dict[str, Any] = {}
        for principal in given.get(field_name) or []:
            principals.setdefault(principal["type"], []).extend(principal["identifiers"])
        if principals:
            key = field_name[:1].upper() + field_name[1:-1]
            plain = {t: ids[0] if len(ids) == 1 else ids for t, ids in principals.items()}
            statement[key] = "*" if principals == {"*": ["*"]} else plain
    for condition in given.get("conditions") or []:
        found = condition["values"]
        tests = statement.setdefault("Condition", {}).setdefault(condition["test"], {})
        tests[condition["variable"]] = found[0] if len(found) == 1 else found
    return statement


class AwsShape(Shape):
    """Make up what AWS would."""

    known = {  # noqa: RUF012 - declared in the base class; the functions come below
        "accountid": lambda _: ACCOUNT,
        "owner": lambda _: ACCOUNT,
        "ownerid": lambda _: ACCOUNT,
        "registryid": lambda _: ACCOUNT,
        "userid": lambda _: "AIDAREHEARSAL",
        "region": region,
        "partition": lambda s: partition(region(s)),
        "dnssuffix": lambda s: "amazonaws.com.cn" if region(s).startswith("cn-") else
        "amazonaws.com",
        "reversednsprefix": lambda _: "com.amazonaws",
        "repositoryurl": lambda s: f"{ACCOUNT}.dkr.ecr.{region(s)}.amazonaws.com/{s.name}",
        "bucketdomainname": lambda s: f"{s.name}.s3.amazonaws.com",
        "bucketregionaldomainname": lambda s: f"{s.name}.s3.{region(s)}.amazonaws.com",
        "keyid": lambda s: s.guid(),
        "uniqueid": lambda s: f"AROA{s.digits(16).upper()}",
        "invokearn": lambda s: f"arn:aws:apigateway:{region(s)}:lambda:path/2015-03-31/functions/"
        f"{arn(s)}/invocations",
    }  # fmt: skip

    def identifier(self, subject: Subject) -> str:
        """Return a resource's id: EC2 and network ones are ``vpc-0…``, keys GUIDs, others names."""
        if subject.service == "kms" and subject.type in {"Key", "ReplicaKey"}:
            return subject.guid()
        if subject.service == "kms" and subject.type == "Alias":
            return subject.text("name", default=f"alias/{subject.name}")
        if subject.service in {"ec2", "vpc", "ebs"}:
            kind = _CAMEL.sub("-", subject.type).lower()
            short = {"security-group": "sg", "route-table": "rtb", "internet-gateway": "igw",
                     "vpc-endpoint": "vpce", "instance": "i", "nat-gateway": "nat"}  # fmt: skip
            return f"{short.get(kind, kind)}-0{subject.digits(16)}"
        owner = {"s3": "bucket", "ecr": "repository", "iam": "role"}.get(subject.service, "")
        if subject.text(owner):  # settings of another resource are known by it
            return subject.text(owner)
        if subject.service in {"sns", "secretsmanager", "sfn", "lb", "alb", "acm"}:
            return arn(subject)
        return subject.name

    def by_ending(self, subject: Subject, field_name: str) -> str:
        """Return ARNs where they are asked for."""
        if field_name == "arn":
            if subject.type == "getCallerIdentity":
                return f"arn:{partition(region(subject))}:iam::{ACCOUNT}:user/rehearsal"
            return arn(subject)
        if field_name.lower().endswith("arn"):
            return f"{arn(subject)}/{field_name}"
        return super().by_ending(subject, field_name)

    def function(self, subject: Subject) -> Mapping[str, Any]:
        """Return what the data sources answer that programs read most."""
        here = region(subject)
        if subject.type == "getPolicyDocument":
            text = policy_document(subject.values)
            minified = json.dumps(json.loads(text), separators=(",", ":"))
            return {"json": text, "minifiedJson": minified}
        if subject.type == "getAvailabilityZones":
            letters = "abc"
            return {
                "names": [f"{here}{letter}" for letter in letters],
                "zoneIds": [f"{here}-az{n}" for n, _ in enumerate(letters, 1)],
            }
        if subject.type == "getRegion":
            return {"name": here, "id": here, "region": here, "description": here}
        if subject.type == "getCallerIdentity":
            return {"id": ACCOUNT}
        if subject.type == "getPartition":
            return {"id": partition(here)}
        return {}
