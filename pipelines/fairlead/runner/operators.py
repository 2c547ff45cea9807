"""The step operators of a stack, opened once and closed together."""

from __future__ import annotations

from typing import Any

from fairlead.binding import Stack
from fairlead.errors import CapabilityError
from fairlead.graph import StepOptions
from fairlead.ports.orchestrator import Orchestrator
from fairlead.ports.step_operator import Closes, HasCapacity, StepOperator
from fairlead.runtime.session import Session

#: The step operator of steps that name none.
DEFAULT = "default"


class Operators:
    """Open a stack's orchestrator and step operators when they are first asked for.

    Args:
        stack: The bound stack.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._opened: dict[str | None, StepOperator] = {}
        self._orchestrator: Orchestrator | None = None

    @property
    def orchestrator(self) -> Orchestrator:
        """Return the stack's orchestrator.

        Raises:
            CapabilityError: It has none.
        """
        if self._orchestrator is None:
            self.stack.require("orchestrator")
            self._orchestrator = self.stack.adapter("orchestrator")
            assert self._orchestrator is not None
        return self._orchestrator

    def __call__(self, name: str | None) -> StepOperator:
        """Return a step operator by the name that a step gives.

        Steps that give none run where the stack's step operator ``default`` says, or else where the
        orchestrator runs steps of its own.
        """
        if name not in self._opened:
            if name is None and DEFAULT in self.stack.step_operators:
                opened = self.stack.adapter("step_operator", DEFAULT)
            elif name is None:
                opened = self.orchestrator.operator()
            else:
                self.stack.require("step_operator", name)
                opened = self.stack.adapter("step_operator", name)
            self._opened[name] = opened
        return self._opened[name]

    def problems(self, options: StepOptions) -> list[str]:
        """List why a step cannot run on this stack; empty if it can."""
        if options.operator is not None and options.operator not in self.stack.step_operators:
            has = ", ".join(self.stack.step_operators) or "none"
            return [f"operator {options.operator!r}: the stack has {has}"]
        try:
            operator = self(options.operator)
        except CapabilityError as error:
            return [str(error)]
        found = operator.capabilities.missing(options)
        if not found and isinstance(operator, HasCapacity):
            refusal = operator.refuses(options)
            found += [refusal] if refusal else []
        return found

    def in_process(self, session: Session) -> Operators:
        """Return operators that all run steps in this very process."""
        from fairlead.runner.in_process import InProcessOperator

        return _Same(self.stack, InProcessOperator(session))

    def close(self) -> None:
        """Release what was opened."""
        for operator in self._opened.values():
            if isinstance(operator, Closes):
                operator.close()
        self._opened.clear()


class _Same(Operators):
    """Return one operator whatever is asked for."""

    def __init__(self, stack: Stack, operator: Any) -> None:
        super().__init__(stack)
        self._operator = operator

    def __call__(self, name: str | None) -> StepOperator:  # noqa: ARG002 - the same for every name
        operator: StepOperator = self._operator
        return operator
