"""Steps run as the step, on the nodes that an operator names."""

from __future__ import annotations

from typing import Any


def test_it_runs_as_the_step_on_the_nodes_asked_for(declared: Any) -> None:
    gpu = declared.contracts["step_operators"]["gpu"]["pods"]
    assert gpu["namespace"] == declared.contracts["cluster"]["namespace"]
    assert gpu["service_account"] == "step"
    assert gpu["labels"] == {"fairlead-function": "step"}
    assert gpu["node_selector"] == {"pool": "gpu"}
    assert gpu["tolerations"] == [
        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    ]
    plain = declared.contracts["step_operators"]["default"]
    assert plain["pods"]["tolerations"] == []
    assert plain["pending_seconds"] > 0


def test_types_of_accelerators_are_promised_with_the_labels_of_their_nodes(declared: Any) -> None:
    operators = declared.contracts["step_operators"]
    labels = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}
    assert operators["gpu"]["gpu_types"] == {"a100": labels}
    assert operators["default"]["gpu_types"] == {}
