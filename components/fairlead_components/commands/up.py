"""``fairlead up``: create or update a stack's infrastructure."""

from __future__ import annotations

from fairlead_components.commands.driving import driving

app = driving("up", "Create or update a stack's infrastructure.", creates=True)
