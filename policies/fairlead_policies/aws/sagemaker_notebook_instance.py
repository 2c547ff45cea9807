"""``aws:sagemaker/notebookInstance:NotebookInstance``."""

from __future__ import annotations

from fairlead_policies.conditions import is_set, one_of
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

NOTEBOOK = "aws:sagemaker/notebookInstance:NotebookInstance"
_METADATA = "instanceMetadataServiceConfiguration.minimumInstanceMetadataServiceVersion"


@rule("AWS-SM-08", NOTEBOOK)
def has_no_direct_internet(notebook: Resource, _stack: Stack) -> Problems:
    """Require direct internet access to be off, which it is not by default, and a subnet."""
    return one_of(notebook, "directInternetAccess", {"Disabled"}) + is_set(notebook, "subnetId")


@rule("AWS-SM-09", NOTEBOOK)
def is_hardened(notebook: Resource, _stack: Stack) -> Problems:
    """Require no root, a key, and the second version of the metadata service."""
    problems = one_of(notebook, "rootAccess", {"Disabled"}) + is_set(notebook, "kmsKeyId")
    return problems + one_of(notebook, _METADATA, {"2"})
