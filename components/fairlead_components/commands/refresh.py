"""``fairlead refresh``: compare a stack with what really exists."""

from __future__ import annotations

from fairlead_components.commands.driving import driving

app = driving("refresh", "Compare a stack with what really exists.")
