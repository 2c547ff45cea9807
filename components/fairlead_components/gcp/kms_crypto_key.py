"""The key that encrypts a stack's data on Google Cloud."""

from dataclasses import dataclass
from enum import Enum
from typing import Optional

import pulumi
from pulumi_gcp.kms import CryptoKey, KeyRing

from fairlead_components.arguments import arguments
from fairlead_components.base import Component, after
from fairlead_components.gcp.defaults import labels, location_of, project_of
from fairlead_components.naming import physical_name

# ruff: noqa: UP045 - see base.py

_ROTATION = f"{90 * 86_400}s"
_DESTRUCTION = f"{30 * 86_400}s"


class ProtectionLevel(Enum):
    """Where a key's operations happen."""

    SOFTWARE = "SOFTWARE"
    HSM = "HSM"


@dataclass(kw_only=True)
class ExistingCryptoKey:
    """Name a key that is there already.

    Attributes:
        id: ``projects/…/locations/…/keyRings/…/cryptoKeys/…``.
    """

    id: pulumi.Input[str]


@dataclass(kw_only=True)
class KmsCryptoKeyArgs:
    """Say where a key is.

    Attributes:
        location: The region of what it encrypts; the provider's if not given.
        project: The project; the provider's if not given.
        protection_level: Whether a hardware module holds it; software if not given.
        existing: A key to use as it is, instead of making one.
    """

    location: Optional[pulumi.Input[str]] = None
    project: Optional[pulumi.Input[str]] = None
    protection_level: Optional[ProtectionLevel] = None
    existing: Optional[ExistingCryptoKey] = None


class KmsCryptoKey(Component):
    """Make a key that is renewed every 90 days, and destroyed no sooner than 30 days after a call.

    Nobody is granted its use: whatever it encrypts grants that to its own service's agent.

    Example:
        A Pulumi program with nothing else::

            key = KmsCryptoKey("key", KmsCryptoKeyArgs(location="europe-west3"))
            pulumi.export("key", key.contract)
    """

    kind = "key"
    flavor = "kms_crypto"

    def __init__(
        self,
        name: str,
        args: KmsCryptoKeyArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(KmsCryptoKeyArgs, args)
        super().__init__(name, args, opts)
        if args.existing is not None:
            self.publish(key_id=args.existing.id)
            return
        physical = physical_name("gcp_key", pulumi.get_project(), pulumi.get_stack(), name)
        project, location = project_of(args.project), location_of(args.location)
        ring = KeyRing(
            f"{name}-ring",
            name=physical,
            location=location,
            project=project,
            opts=self.child(data=True),
        )
        level = args.protection_level or ProtectionLevel.SOFTWARE
        key = CryptoKey(
            name,
            name=physical,
            key_ring=ring.id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=_ROTATION,
            destroy_scheduled_duration=_DESTRUCTION,
            version_template={
                "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION",
                "protection_level": level.value,
            },
            labels=labels(self.tags()),
            opts=self.child(data=True),
        )
        # Said before the key is there, so that a preview shows what it encrypts.
        key_id = pulumi.Output.format(
            "projects/{0}/locations/{1}/keyRings/{2}/cryptoKeys/{2}", project, location, physical
        )
        self.publish(key_id=after(key_id, key))
