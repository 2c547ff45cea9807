"""What Fairlead's own provider makes up on this machine."""

from __future__ import annotations

from fairlead_components.rehearsal.shapes.shape import Shape, Subject


class FairleadShape(Shape):
    """Make up what the provider would."""

    known = {  # noqa: RUF012 - declared in the base class
        "path": lambda s: f"manifests/current/1-{s.text('stack', default='stack')}.json",
    }

    def identifier(self, subject: Subject) -> str:
        """Return a resource's id: where it lies."""
        if subject.type == "ManifestPublication":
            return f"{subject.text('store')}#{subject.text('stack')}"
        return subject.text("path", default=subject.digits(16))
