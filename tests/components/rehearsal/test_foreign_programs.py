"""Programs as people write them, after Pulumi's public examples: nothing in them is Fairlead's."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from fairlead_components.rehearsal.answers import Answers
from fairlead_components.rehearsal.cycle import _reason, rehearse
from fairlead_components.rehearsal.errors import AnswersError, ProgramError
from fairlead_components.rehearsal.program_failure import require_program
from fairlead_components.rehearsal.shapes.kubernetes import KubernetesShape
from fairlead_components.rehearsal.shapes.shape import Subject

REFERENCE = "pulumi:pulumi:StackReference"

CLUSTERS = """
import base64, json
import pulumi_aws as aws, pulumi_azure_native as azure, pulumi_gcp as gcp
import pulumi_kubernetes as kubernetes
from pulumi import Alias, Output
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

network = pulumi.StackReference("organization/network/prod")

gke = gcp.container.Cluster("gke", initial_node_count=2, location="europe-west3-b")
pulumi.export("gke", Output.all(gke.endpoint, gke.master_auth).apply(
    lambda told: f"{told[0]} {told[1]['cluster_ca_certificate']}"))

group = azure.resources.ResourceGroup("group")
aks = azure.containerservice.ManagedCluster("aks", resource_group_name=group.name, dns_prefix="a",
    agent_pool_profiles=[{"name": "pool", "count": 3, "mode": "System", "vm_size": "D2"}],
    identity={"type": azure.containerservice.ResourceIdentityType.SYSTEM_ASSIGNED})
credentials = azure.containerservice.list_managed_cluster_user_credentials_output(
    resource_group_name=group.name, resource_name=aks.name)
kubeconfig = credentials.kubeconfigs[0].value.apply(lambda text: base64.b64decode(text).decode())
images = azure.containerregistry.Registry("images", resource_group_name=group.name,
    sku={"name": "Basic"}, admin_user_enabled=True)
logins = azure.containerregistry.list_registry_credentials_output(
    resource_group_name=group.name, registry_name=images.name)
pulumi.export("login", Output.secret(logins.passwords[0]["value"]))

on_aks = ResourceOptions(provider=kubernetes.Provider("on-aks", kubeconfig=kubeconfig))
def labelled(args):
    return pulumi.ResourceTransformResult(
        {**args.props, "metadata": {**(args.props.get("metadata") or {}), "labels": {"team": "a"}}},
        args.opts)

class Frontend(pulumi.ComponentResource):
    def __init__(self, name):
        below = ResourceOptions.merge(on_aks, ResourceOptions(parent=self, transforms=[labelled]))
        super().__init__("guestbook:index:Frontend", name)
        service = kubernetes.core.v1.Service(name, opts=below,
            spec={"type": "LoadBalancer", "ports": [{"port": 80}], "selector": {"app": name}})
        self.address = service.status.apply(lambda status: status.load_balancer.ingress[0].ip)
        self.inside = service.spec.apply(lambda spec: f"http://{spec.cluster_ip}")
        self.register_outputs({"address": self.address})

frontend = Frontend("frontend")
pulumi.export("address", frontend.address)
pulumi.export("inside", frontend.inside)
release = kubernetes.helm.v3.Release("ingress", chart="nginx", version="1.2.3", namespace="web",
    repository_opts={"repo": "https://charts.example.org"}, opts=on_aks)
pulumi.export("release", Output.concat(release.status.namespace, "/", release.status.name))

class Made(ResourceProvider):
    def create(self, props):
        return CreateResult("made", {**props, "said": "hello"})

class Dynamic(Resource):
    said: Output[str]
    def __init__(self, name):
        super().__init__(Made(), name, {"said": None})

pulumi.export("said", Dynamic("dynamic").said)

vpc = network.require_output("vpc")
subnets = aws.ec2.get_subnets_output(filters=[{"name": "vpc-id", "values": [vpc]}])
web = aws.ec2.SecurityGroup("web", vpc_id=vpc, opts=ResourceOptions(
    aliases=[Alias(name="old-web")], delete_before_replace=True, replace_on_changes=["ingress"]))
aws.ec2.Instance("web", instance_type="t3.micro", subnet_id=subnets.ids[0],
    ami=aws.ec2.get_ami(owners=["amazon"], most_recent=True).id,
    vpc_security_group_ids=[web.id], opts=ResourceOptions(ignore_changes=["ami"]))
policy = Output.json_dumps({"Statement": [{"Effect": "Allow", "Action": "s3:ListBucket",
    "Resource": aws.s3.Bucket.get("theirs", "theirs").arn}]})
pulumi.export("policy", aws.iam.Policy("list", policy=policy).policy)
pulumi.export("vpc", web.vpc_id)
"""


@pytest.mark.engine
def test_programs_like_the_public_examples_go_through_a_stacks_whole_life(program: Any) -> None:
    told = {"vpc": "vpc-0123456789"}
    answers = Answers(
        {REFERENCE: [{"when": {"name": "organization/network/prod"}, "answer": {"outputs": told}}]}
    )
    project = program.write(CLUSTERS)
    before = program.files()
    rehearsal = rehearse(project, "dev", up=True, answers=answers)
    assert rehearsal.ok, [p.diagnostics for p in rehearsal.phases if not p.ok]
    assert program.files() == before
    assert rehearsal.state is not None
    (stack,) = [one for one in rehearsal.state.resources if one.type == "pulumi:pulumi:Stack"]
    outputs = stack.outputs
    assert outputs["vpc"] == told["vpc"]
    assert outputs["said"] == "hello"
    assert outputs["release"].startswith("web/ingress")
    assert outputs["address"].startswith("192.0.2.")
    assert outputs["inside"].startswith("http://10.96.")
    assert "arn:aws:s3:::theirs" in outputs["policy"]
    service = next(one for one in rehearsal.plan.resources if one.name == "frontend" and one.custom)
    assert service.inputs["metadata"]["labels"] == {"team": "a"}


@pytest.mark.engine
def test_outputs_of_a_stack_that_nobody_told_are_asked_for(program: Any) -> None:
    project = program.write(
        "pulumi.export('x', pulumi.StackReference('acme/network/prod').outputs)"
    )
    with pytest.raises(ProgramError, match=r"stack acme/network/prod.*--data FILE"):
        require_program(rehearse(project, "dev"), project.directory)


@pytest.mark.parametrize(
    "wrong",
    [{"outputs": {}}, [{"when": {}, "answer": {"outputs": {}}}], [{"when": {"name": "a"}}]],
)
def test_outputs_of_other_stacks_are_told_by_the_stacks_name(wrong: Any) -> None:
    with pytest.raises(AnswersError, match="must be a list of entries"):
        Answers({REFERENCE: wrong}).stack_outputs()


def test_an_engine_that_something_else_ended_is_called_that() -> None:
    done = subprocess.CompletedProcess(["pulumi"], -9, "creating\n", "")
    assert "by SIGKILL" in _reason(done)
    assert _reason(subprocess.CompletedProcess(["pulumi"], 3, "", "")).endswith("3 and no word")


def test_only_what_asks_for_a_load_balancer_gets_an_address() -> None:
    def status(kind: str, **spec: str) -> Any:
        subject = Subject(f"kubernetes:core/v1:{kind}", "urn", "x", {"spec": spec})
        return KubernetesShape().computed(subject)

    assert status("Service", type="LoadBalancer")["status"]["loadBalancer"]["ingress"]
    assert status("Service")["status"] == {}
    assert "spec" not in status("Service", type="ExternalName")
    assert "spec" not in status("Deployment")
