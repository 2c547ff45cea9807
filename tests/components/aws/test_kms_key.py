"""A key that rotates, is kept, and is granted by roles' policies, or to roles that it names."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead_components.aws.kms_key import ExistingKmsKey, KmsKey, KmsKeyArgs

ARN = "arn:aws:kms:eu-central-1:123456789012:key/0"


@pytest.mark.engine
def test_a_key_is_made_and_another_is_adopted(rehearsed: Any, statements: Any) -> None:
    resources = rehearsed(f"""
        from fairlead_components.aws.kms_key import ExistingKmsKey, KmsKey, KmsKeyArgs
        pulumi.export("made", KmsKey("key", KmsKeyArgs(rotation_days=90,
            users=["arn:aws:iam::999988887777:role/reader"])).contract)
        existing = KmsKeyArgs(existing=ExistingKmsKey(arn="{ARN}"))
        pulumi.export("adopted", KmsKey("other", existing).contract)
    """)
    (key,) = resources.of("Key").values()
    assert key["enableKeyRotation"]
    assert (key["rotationPeriodInDays"], key["deletionWindowInDays"]) == (90, 30)
    root = {"AWS": "arn:aws:iam::123456789012:root"}
    assert statements(key["policy"])["DelegateToIam"]["Principal"] == root
    named = statements(key["policy"])["UseThroughServices"]
    assert named["Principal"] == {"AWS": ["arn:aws:iam::999988887777:role/reader"]}
    assert named["Condition"]["StringEquals"]["kms:ViaService"] == [
        "s3.eu-central-1.amazonaws.com", "ecr.eu-central-1.amazonaws.com",
    ]  # fmt: skip
    assert key["tags"]["fairlead-component"] == "key"
    made, adopted = (resources.outputs()[name] for name in ("made", "adopted"))
    assert made["key_id"].startswith("arn:aws:kms:eu-central-1:123456789012:key/")
    assert made["alias"] == "alias/ml-dev-key"
    assert adopted == {"flavor": "kms", "version": "1.0", "key_id": ARN}
    assert {"Key", "Alias"} <= resources.kept()


def test_contradictions_are_refused() -> None:
    args = KmsKeyArgs(rotation_days=30, existing=ExistingKmsKey(arn=ARN))
    assert [argument for argument, _ in KmsKey.check(args)] == ["rotation_days", "rotation_days"]
