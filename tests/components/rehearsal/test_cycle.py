"""Programs in the real engine, with stand-ins for the clouds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fairlead_components.provider.wire import UNKNOWN
from fairlead_components.rehearsal.answers import Answers
from fairlead_components.rehearsal.cycle import Rehearsal, rehearse
from fairlead_components.rehearsal.picture import draw_plan
from fairlead_components.rehearsal.plan import PlannedResource
from fairlead_components.rehearsal.report import summary_lines, tree_lines

pytestmark = pytest.mark.engine

EVERYWHERE = """
import pulumi_aws as aws, pulumi_azure_native as azure, pulumi_gcp as gcp
import pulumi_kubernetes as kubernetes

class Store(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("tests:index:Store", name)
        below = ResourceOptions(parent=self)
        keep = ResourceOptions.merge(below, ResourceOptions(protect=True, retain_on_delete=True))
        key = aws.kms.Key("key", opts=below)
        bucket = aws.s3.Bucket("bucket", opts=keep)
        aws.s3.BucketServerSideEncryptionConfiguration("encryption", bucket=bucket.id, opts=below,
            rules=[{"apply_server_side_encryption_by_default": {
                "sse_algorithm": "aws:kms", "kms_master_key_id": key.arn}}])
        self.arn = bucket.arn

pulumi.export("arn", Store("store").arn)
west = aws.Provider("west", region="us-west-2")
pulumi.export("west", aws.s3.Bucket("west", opts=ResourceOptions(provider=west)).region)
pulumi.export("got", aws.s3.Bucket.get("got", "theirs").arn)
aws.s3.Bucket("adopted", bucket="adopted", opts=ResourceOptions(import_="adopted"))
secret = aws.ssm.Parameter("secret", type="SecureString", value=pulumi.Output.secret("hush-hush"))
pulumi.export("secret", secret.value)

ring = gcp.kms.KeyRing("ring", location="europe-west3")
lock = gcp.kms.CryptoKey("lock", key_ring=ring.id)
gcp.storage.Bucket("gcs", location="europe-west3", encryption={"default_kms_key_name": lock.id})

group = azure.resources.ResourceGroup("group")
account = azure.storage.StorageAccount("account", kind="StorageV2", resource_group_name=group.name,
    sku={"name": "Standard_LRS"}, identity={"type": "SystemAssigned"})
azure.authorization.RoleAssignment("role", scope=account.id, role_definition_id="reader",
    principal_id=account.identity.principal_id, principal_type="ServicePrincipal")

space = kubernetes.core.v1.Namespace("space")
kubernetes.core.v1.ConfigMap("map", metadata={"namespace": space.metadata.name}, data={"a": "b"})
kubernetes.apiextensions.CustomResource("custom", api_version="serving.kserve.io/v1beta1",
    kind="InferenceService", spec={"anything": 1})
"""

WRONG = """
import pulumi_aws as aws, pulumi_azure_native as azure, pulumi_gcp as gcp
import pulumi_kubernetes as kubernetes
aws.s3.Bucket("misspelt", versioning={"enabledd": True})
aws.iam.Role("absent", assume_role_policy=pulumi.Output.from_input(None))
aws.ssm.Parameter("hidden", type="String", value="x", overwrite=pulumi.Output.secret("hush-hush"))
gcp.storage.Bucket("type", location="EU", uniform_bucket_level_access="perhaps")
azure.storage.StorageAccount("enum", kind="StorageV9", resource_group_name="group",
    sku={"name": "Standard_LRS"}, access_tier="Warm")
kubernetes.apps.v1.Deployment("nested", spec={"selector": {}, "template": {"spec": {
    "containers": [{"image": "x", "portss": []}]}}})
pulumi.export("after", "all of it is looked at")
"""


def named(resources: Any, name: str) -> PlannedResource:
    (found,) = [r for r in resources.resources if r.name == name and not r.is_provider]
    return found


@pytest.fixture(scope="module")
def everywhere(
    tmp_path_factory: pytest.TempPathFactory, written: Any
) -> tuple[Any, Rehearsal, dict[str, bytes]]:
    place = written(tmp_path_factory.mktemp("everywhere"))
    project = place.write(EVERYWHERE)
    before = place.files()
    return place, rehearse(project, "dev", up=True), before


def test_a_stacks_whole_life_is_rehearsed_on_every_provider(everywhere: Any) -> None:
    _, rehearsal, _ = everywhere
    assert rehearsal.ok, rehearsal.phases
    assert [phase.name for phase in rehearsal.phases] == [
        "preview", "up", "refresh", "second up", "destroy",
    ]  # fmt: skip
    preview, up, refresh, second, destroy = (phase.changes for phase in rehearsal.phases)
    assert preview == up
    assert up["import"] == 1
    assert set(refresh) == {"same"}
    assert set(second) <= {"same", "read"}
    assert destroy["retain"] == 1
    assert set(rehearsal.sdks) == {"aws", "gcp", "azure-native", "kubernetes"}
    told = " ".join(rehearsal.phases[-1].remarks)
    assert "1 protected, so not deleted: bucket" in told
    assert "1 retained where they are: bucket" in told


def test_what_is_not_known_yet_is_unknown_in_the_plan_and_joined_by_dependencies(
    everywhere: Any,
) -> None:
    _, rehearsal, _ = everywhere
    encryption = named(rehearsal.plan, "encryption")
    rule = encryption.inputs["rules"][0]["applyServerSideEncryptionByDefault"]
    assert rule == {"kmsMasterKeyId": UNKNOWN, "sseAlgorithm": "aws:kms"}
    assert encryption.propertyDependencies["rules"] == (named(rehearsal.plan, "key").urn,)
    assert encryption.parent == named(rehearsal.plan, "store").urn
    bucket = named(rehearsal.plan, "bucket")
    assert bucket.protect and bucket.retainOnDelete  # noqa: PT018
    assert bucket.inputs["bucket"].startswith("bucket-")  # named as its provider would
    role = named(rehearsal.plan, "role")
    assert role.inputs["principalId"] == UNKNOWN
    assert role.propertyDependencies["principalId"] == (named(rehearsal.plan, "account").urn,)


def test_what_is_computed_has_each_clouds_shape(everywhere: Any) -> None:
    _, rehearsal, _ = everywhere
    state = rehearsal.state
    outputs = named(state, "tiny-dev").outputs
    bucket, account = named(state, "bucket"), named(state, "account")
    assert outputs["arn"] == f"arn:aws:s3:::{bucket.inputs['bucket']}"
    assert outputs["west"] == "us-west-2"
    assert outputs["got"] == "arn:aws:s3:::theirs"
    assert named(state, "key").outputs["arn"].startswith("arn:aws:kms:eu-central-1:")
    lock = named(state, "lock")
    assert lock.id.startswith("projects/acme/locations/europe-west3/keyRings/ring-")
    assert named(state, "gcs").inputs["encryption"]["defaultKmsKeyName"] == lock.id
    group = named(state, "group").outputs["name"]
    assert f"/resourceGroups/{group}/providers/Microsoft.Storage/" in account.id
    assert named(state, "map").id.startswith(named(state, "space").outputs["metadata"]["name"])
    assert UNKNOWN not in json.dumps(state.to_data())


def test_a_secret_is_nowhere_in_the_clear(everywhere: Any) -> None:
    _, rehearsal, _ = everywhere
    assert "hush-hush" not in json.dumps(rehearsal.to_data())
    assert "ciphertext" in named(rehearsal.state, "secret").outputs["value"]


def test_the_project_is_left_as_it_was(everywhere: Any) -> None:
    written, _, before = everywhere
    assert written.files() == before


def test_a_plan_is_shown_as_a_tree_a_picture_and_data(everywhere: Any) -> None:
    _, rehearsal, _ = everywhere
    tree = "\n".join(tree_lines(rehearsal.plan))
    assert "tests:index:Store  store\n" in tree
    assert "│  ├─ aws:s3/bucket:Bucket  bucket  (protected, retained)\n" in tree
    assert "✓ second up" in "\n".join(summary_lines(rehearsal))
    picture = draw_plan(rehearsal.plan, title="Everywhere")
    assert picture.count('class="a"') >= 6
    assert "aws s3 Bucket" in picture
    assert "resources</desc>" in picture


def test_equal_programs_give_equal_plans(program: Any) -> None:
    project = program.write(
        "import pulumi_aws as aws\n"
        "for n in range(12):\n"
        "    aws.s3.Bucket(f'b{n}', tags={'arn': aws.sns.Topic(f't{n}').arn})\n"
    )
    first, second = (json.dumps(rehearse(project, "dev").to_data()) for _ in range(2))
    assert first == second


def test_everything_wrong_is_told_at_once_without_values(program: Any) -> None:
    rehearsal = rehearse(program.write(WRONG), "dev")
    assert not rehearsal.ok
    told = {
        (one.urn.rpartition("::")[2], one.message.partition(";")[0])
        for one in rehearsal.phases[0].diagnostics
    }
    kinds = "Storage, StorageV2, BlobStorage, FileStorage, BlockBlobStorage"
    container = "spec.template.spec.containers[0]"
    assert told == {
        ("misspelt", "versioning.enabledd: unknown property"),
        ("absent", "assumeRolePolicy: missing"),
        ("hidden", "overwrite: must be a boolean, not a string"),
        ("type", "uniformBucketLevelAccess: must be a boolean, not a string"),
        ("enum", f"kind: must be one of {kinds}"),
        ("enum", "accessTier: must be one of Hot, Cool, Premium, Cold"),
        ("nested", f"{container}.portss: unknown property"),
        ("nested", f"{container}.name: missing"),
    }
    assert "hush-hush" not in json.dumps(rehearsal.to_data()["phases"])


def test_data_sources_answer_from_a_file(program: Any) -> None:
    project = program.write(
        "import pulumi_aws as aws\n"
        "name = aws.ssm.get_parameter(name='/names/bucket').value\n"
        "aws.s3.Bucket('b', bucket=name, tags={'region': aws.get_region().region})\n"
    )
    answers = Answers({
        "aws:ssm/getParameter:getParameter": [
            {"when": {"name": "/names/bucket"}, "answer": {"value": "from-the-file"}}
        ],
    })  # fmt: skip
    bucket = named(rehearse(project, "dev", answers=answers).plan, "b")
    assert bucket.inputs["bucket"] == "from-the-file"
    assert bucket.inputs["tags"] == {"region": "eu-central-1"}


def test_changes_update_and_replace_as_they_would(kept: Any, program: Any) -> None:
    place, stand_ins = kept
    text = (
        "import pulumi_aws as aws, pulumi_kubernetes as kubernetes\n"
        "b = aws.s3.Bucket('b', bucket='{bucket}', tags={{'v': '{tag}'}})\n"
        "kubernetes.core.v1.ConfigMap('m', metadata={{'name': '{name}'}}, data={{'a': '{tag}'}})\n"
    )
    program.write(text.format(bucket="one", tag="1", name="m"))
    assert place.run("up", "--yes", "--skip-preview").returncode == 0

    def steps(**values: str) -> dict[str, Any]:
        program.write(text.format(**values))
        done = json.loads(place.run("preview", "--json").stdout)
        return {
            step["urn"].rpartition("::")[2]: step
            for step in done["steps"]
            if step["op"] in {"update", "replace"}
        }

    changed = steps(bucket="one", tag="2", name="m")
    assert {name: step["op"] for name, step in changed.items()} == {"b": "update", "m": "update"}
    assert list(changed["b"]["detailedDiff"]) == ["tags.v"]
    moved = steps(bucket="two", tag="1", name="n")
    assert {name: step["op"] for name, step in moved.items()} == {"b": "replace", "m": "replace"}
    assert moved["b"]["replaceReasons"] == ["bucket"]

    before = stand_ins.calls("delete")
    assert place.run("up", "--yes", "--skip-preview").returncode == 0
    assert stand_ins.calls("delete") - before == 2


def test_two_hundred_resources_go_through_a_whole_cycle(program: Any) -> None:
    rehearsal = rehearse(
        program.write(
            "import pulumi_aws as aws\n"
            "for n in range(100):\n"
            "    b = aws.s3.Bucket(f'b{n}')\n"
            "    aws.s3.BucketVersioning(f'v{n}', bucket=b.id,\n"
            "        versioning_configuration={'status': 'Enabled'})\n"
        ),
        "dev",
        up=True,
    )
    assert rehearsal.ok, rehearsal.phases
    assert rehearsal.phases[1].changes == {"create": 201}
    assert draw_plan(rehearsal.plan, title="Many").count("<rect") < 10  # equal ones in one box
