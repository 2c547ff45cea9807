"""What is read of an SDK, from its source alone."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fairlead_components.rehearsal.resource_types import is_bridged
from fairlead_components.rehearsal.sdk import Sdk, installed_sdks

REGISTRY = '''
_utilities.register(
    resource_modules="""[{"pkg": "toy", "mod": "box/thing", "fqn": "pulumi_toy.box",
    "classes": {"toy:box/thing:Thing": "Thing", "toy:box/pile:Pile": "Pile"}}]""")
'''
THING = '''
import pulumi
from typing import Any, Mapping, Optional, Sequence, Union
from .. import shared as _shared
from . import outputs
from ._enums import *
from ._inputs import *

@pulumi.input_type
class ThingArgs:
    def __init__(__self__, *,
                 size: pulumi.Input[_builtins.int],
                 lid: Optional[pulumi.Input['LidArgs']] = None,
                 colors: pulumi.Input[Optional[Sequence[pulumi.Input[_builtins.str]]]] = None,
                 name: pulumi.Input[Optional[_builtins.str]] = None,
                 kind_of: pulumi.Input[Optional[Union[_builtins.str, 'Kind']]] = None):
        """Args.
)this line stands in the first column
        """

    @_builtins.property
    @pulumi.getter
    def size(self) -> pulumi.Input[_builtins.int]:
        """How large. Changing this forces a new resource to be created."""

    @_builtins.property
    @pulumi.getter
    def lid(self) -> Optional[pulumi.Input['LidArgs']]: ...

    @_builtins.property
    @pulumi.getter
    def colors(self) -> pulumi.Input[Optional[Sequence[pulumi.Input[_builtins.str]]]]: ...

    @_builtins.property
    @pulumi.getter
    def name(self) -> pulumi.Input[Optional[_builtins.str]]: ...

    @_builtins.property
    @pulumi.getter(name="kindOf")
    def kind_of(self) -> pulumi.Input[Optional[Union[_builtins.str, 'Kind']]]: ...


class Thing(pulumi.CustomResource):
    @overload
    def __init__(__self__, resource_name: str, args: ThingArgs, opts=None): ...

    @_builtins.property
    @pulumi.getter
    def name(self) -> pulumi.Output[_builtins.str]: ...

    @_builtins.property
    @pulumi.getter(name="lidState")
    def lid_state(self) -> pulumi.Output[Optional['outputs.LidState']]: ...


class Pile(pulumi.ComponentResource):
    pass
'''
INPUTS = """
from .. import shared as _shared
from ._enums import *

@pulumi.input_type
class LidArgs:
    def __init__(__self__, *, within: Optional[pulumi.Input['LidArgs']] = None,
                 meta: pulumi.Input['_shared.MetaArgs']):
        pass

    @pulumi.getter
    def within(self) -> Optional[pulumi.Input['LidArgs']]: ...

    @pulumi.getter
    def meta(self) -> pulumi.Input['_shared.MetaArgs']: ...
"""
META = """
@pulumi.input_type
class MetaArgs:
    def __init__(__self__, *, labels: Optional[pulumi.Input[Mapping[str, Any]]] = None):
        pass

    @pulumi.getter
    def labels(self) -> Optional[pulumi.Input[Mapping[str, Any]]]: ...
"""
LOOKUP = """
@pulumi.output_type
class GetThingResult:
    def __init__(__self__, size=None, note=None):
        pass

    @pulumi.getter
    def size(self) -> _builtins.int: ...

    @pulumi.getter
    def note(self) -> Optional[_builtins.str]: ...


def get_thing(thing_name: Optional[_builtins.str] = None, tag: Optional[_builtins.str] = None):
    __args__ = dict()
    __args__['thingName'] = thing_name
    __args__['tag'] = tag
    __ret__ = pulumi.runtime.invoke('toy:box/getThing:getThing', __args__, typ=GetThingResult)


def get_thing_output(thing_name: pulumi.Input[Optional[_builtins.str]] = None,
                     tag: pulumi.Input[Optional[Optional[_builtins.str]]] = None):
    __args__ = dict()
    __args__['thingName'] = thing_name
    __args__['tag'] = tag
    __ret__ = pulumi.runtime.invoke_output('toy:box/getThing:getThing', __args__,
                                           typ=GetThingResult)
"""


@pytest.fixture
def toy(tmp_path: Path) -> Sdk:
    """A generated SDK in small, with every form that its kind has."""
    files = {
        "pulumi-plugin.json": '{"resource": true, "name": "toy", "version": "1.2.3"}',
        "__init__.py": REGISTRY,
        "shared/_inputs.py": META,
        "box/thing.py": THING,
        "box/_inputs.py": INPUTS,
        "box/_enums.py": 'class Kind(_builtins.str, Enum):\n    A = "a"\n    B = "b"\n',
        "box/outputs.py": "@pulumi.output_type\nclass LidState(dict):\n"
        "    @pulumi.getter\n    def open(self) -> bool: ...\n",
        "box/get_thing.py": LOOKUP,
    }
    for name, text in files.items():
        path = tmp_path / "site/pulumi_toy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (found,) = installed_sdks([tmp_path / "site"]).values()
    assert (found.name, found.version) == ("toy", "1.2.3")
    return replace(found, cache=tmp_path / "cache")


def test_a_resource_is_read_from_annotations(toy: Sdk) -> None:
    thing = toy.resource("toy:box/thing:Thing")
    assert thing is not None
    assert thing.inputs == {
        "size": ["integer", True],
        "lid": [["object", "box/_inputs.py:LidArgs"], False],
        "colors": [["array", "string"], False],
        "name": ["string", False],
        "kindOf": [["one", ["string", ["enum", ["a", "b"]]]], False],
    }
    assert thing.outputs == {
        "name": ["string", True],
        "lidState": [["object", "box/outputs.py:LidState"], False],
    }
    assert thing.objects == {
        "box/_inputs.py:LidArgs": {
            "within": [["object", "box/_inputs.py:LidArgs"], False],
            "meta": [["object", "shared/_inputs.py:MetaArgs"], True],
        },
        "shared/_inputs.py:MetaArgs": {"labels": [["map", "any"], False]},
        "box/outputs.py:LidState": {"open": ["boolean", True]},
    }
    assert thing.replacing == ("size",)
    assert thing.naming == "name"


def test_a_function_is_read_with_what_it_needs(toy: Sdk) -> None:
    function = toy.function("toy:box/getThing:getThing")
    assert function is not None
    assert function.inputs == {"thingName": ["string", True], "tag": ["string", False]}
    assert function.outputs == {"size": ["integer", True], "note": ["string", False]}


def test_what_the_sdk_does_not_have_is_none(toy: Sdk) -> None:
    assert toy.resource("toy:box/other:Other") is None
    assert toy.function("toy:box/getOther:getOther") is None
    pile = toy.resource("toy:box/pile:Pile")
    assert pile is not None
    assert pile.remote


def test_types_are_read_once_and_kept_by_version(toy: Sdk) -> None:
    first = toy.resource("toy:box/thing:Thing")
    (toy.folder / "box/thing.py").unlink()
    assert (
        Sdk(toy.name, toy.version, toy.folder, toy.cache).resource("toy:box/thing:Thing") == first
    )
    newer = Sdk(toy.name, "1.2.4", toy.folder, toy.cache)
    found = newer.resource("toy:box/thing:Thing")
    assert found is not None
    assert found.opaque  # looked for anew, where it is no more


def test_the_vendors_sdks_are_read_as_they_are(sdks: dict[str, Sdk], tmp_path: Path) -> None:
    imported = set(sys.modules)
    fresh = {name: replace(sdk, cache=tmp_path) for name, sdk in sdks.items()}
    bucket = fresh["aws"].resource("aws:s3/bucket:Bucket")
    account = fresh["azure-native"].resource("azure-native:storage:StorageAccount")
    key = fresh["gcp"].resource("gcp:kms/cryptoKey:CryptoKey")
    deployment = fresh["kubernetes"].resource("kubernetes:apps/v1:Deployment")
    assert bucket is not None and account is not None  # noqa: PT018 - one thing to prove
    assert key is not None and deployment is not None  # noqa: PT018
    assert bucket.naming == "bucket"
    assert {"arn", "bucketDomainName"} <= bucket.outputs.keys()
    assert account.identity == {"accountName", "resourceGroupName", "location"}
    assert {n for n, (_, required) in account.inputs.items() if required} == {
        "kind", "resourceGroupName", "sku",
    }  # fmt: skip
    assert account.inputs["accessTier"][0] == ["enum", ["Hot", "Cool", "Premium", "Cold"]]
    assert key.inputs["keyRing"] == ["string", True]
    assert deployment.inputs["kind"][0] == ["enum", ["Deployment"]]
    container = deployment.objects["core/v1/_inputs.py:ContainerArgs"]
    assert container["name"] == ["string", True]
    assert not {name for name in set(sys.modules) - imported if name.startswith("pulumi")}


@pytest.mark.parametrize(
    ("token", "bridged"),
    [
        ("aws:s3/bucket:Bucket", True),
        ("gcp:organizations/getProject:getProject", True),
        ("azure-native:storage:StorageAccount", False),
        ("kubernetes:apps/v1:Deployment", False),
        ("kubernetes:core/v1:Pod", False),
    ],
)
def test_bridged_providers_are_told_by_their_tokens(token: str, bridged: bool) -> None:
    assert is_bridged(token) is bridged
