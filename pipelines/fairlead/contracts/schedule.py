"""What starts a run at given times."""

from __future__ import annotations

from fairlead.contracts.base import Contract


class ScheduleContract(Contract):
    """Name a provisioned schedule.

    Attributes:
        template: The store-relative reference of the immutable run template that it starts.
        cron: Five fields, in ``timezone``.
        timezone: An IANA name.
    """

    template: str
    cron: str
    timezone: str = "UTC"
