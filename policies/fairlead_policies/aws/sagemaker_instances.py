"""Which SageMaker instances bring local disks, for which no key may be given."""

from __future__ import annotations

import re

#: Families with NVMe instance storage: a `d` in the suffix, or one of those that always have it.
_LOCAL = re.compile(
    r"^(?:ml\.)?(?:[a-z]+\d+[a-z]*d[a-z]*|g5|g6e?|gr6|p4de?|p5\w*|p6\w*|trn\d\w*|i3\w*|i4\w*)\."
)


def has_local_storage(instance_type: object) -> bool:
    """Tell whether an instance type's disk is encrypted by its hardware.

    Example:
        >>> has_local_storage("ml.g5.xlarge"), has_local_storage("ml.m5.large")
        (True, False)
    """
    return isinstance(instance_type, str) and _LOCAL.match(instance_type) is not None
