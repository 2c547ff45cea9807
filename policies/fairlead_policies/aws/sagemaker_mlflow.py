"""``aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer`` and its successor."""

from __future__ import annotations

from fairlead_policies.aws import s3_bucket, s3_bucket_policy
from fairlead_policies.aws.iam_policy_attachment import is_broad
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems, Result, Violation, judge
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_BUCKET_RULES = (
    s3_bucket.public_access_is_blocked,
    s3_bucket.is_encrypted_with_a_customer_key,
    s3_bucket.is_versioned,
    s3_bucket_policy.denies_requests_without_tls,
)


@rule(
    "AWS-SM-14",
    "aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer",
    "aws:sagemaker/mlflowApp:MlflowApp",
)
def has_its_own_role_and_bucket(server: Resource, stack: Stack) -> Problems:
    """Require a governed bucket of the stack and a role without full access."""
    problems: Problems = []
    buckets = stack.sources(server, "artifactStoreUri", s3_bucket.BUCKET)
    if not buckets:
        problems.append(Violation("`artifactStoreUri` must be a bucket of this stack"))
    for bucket in buckets:
        for check in _BUCKET_RULES:
            found = check(bucket, stack) or []
            if judge(found)[0] is Result.FAIL:
                problems.append(Violation("the bucket of `artifactStoreUri` fails its controls"))
            problems += [one for one in found if not isinstance(one, Violation)]
    for role in stack.sources(server, "roleArn", "aws:iam/role:Role"):
        attached = [one.get("policyArn") for one in stack.companions(role, _ATTACHMENT, "role")]
        if any(map(is_broad, [*attached, *role.each("managedPolicyArns")])):
            problems.append(Violation("the role of `roleArn` has a broad AWS-managed policy"))
    return problems
