"""A repository whose tags never move."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.engine


def test_a_repository_is_made_and_another_is_adopted(rehearsed: Any, statements: Any) -> None:
    resources = rehearsed("""
        from fairlead_components.aws.ecr_container_registry import (
            EcrContainerRegistry, EcrContainerRegistryArgs, ExistingEcrRepository)
        made = EcrContainerRegistryArgs(keep=7, organization="o-1")
        pulumi.export("made", EcrContainerRegistry("images", made).contract)
        theirs = EcrContainerRegistryArgs(existing=ExistingEcrRepository(name="theirs"))
        pulumi.export("adopted", EcrContainerRegistry("other", theirs).contract)
    """)
    (repository,) = resources.of("Repository").values()
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    (encryption,) = repository["encryptionConfigurations"]
    assert encryption["encryptionType"] == "KMS"
    assert encryption["kmsKey"].startswith("arn:aws:kms:")
    (lifecycle,) = resources.of("LifecyclePolicy").values()
    rules = json.loads(lifecycle["policy"])["rules"]
    assert [rule["selection"]["countNumber"] for rule in rules] == [14, 7]
    (policy,) = resources.of("RepositoryPolicy").values()
    pull = statements(policy["policy"])["PullWithinOrganization"]
    assert pull["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
    assert "Resource" not in pull

    host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
    assert resources.outputs()["made"]["uri"] == f"{host}/ml-dev-images"
    assert resources.outputs()["adopted"]["uri"] == f"{host}/theirs"
    assert "Repository" in resources.kept()
