"""The state of a training between two of its steps, and how to go on from it.

What `BackupAndRestore` keeps beside the weights, so that a training which was killed
and is run again comes out as if nothing had happened: metrics, what callbacks know,
the place in the data, and all random numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras.callbacks.logs import to_host_logs
from keras.core.plain_data import same
from keras.random.seed import random_state, set_random_state

if TYPE_CHECKING:
    from keras.training.run import Run


def known_by_callbacks(run: Run) -> list[Any]:
    """What callbacks know that they did not when the training began."""
    found = []
    for state, start in zip(run.callbacks.states(), run.known_at_start, strict=False):
        if state is None or start is None:
            found.append(None)
            continue
        name, values = state
        new = {k: v for k, v in values.items() if not _is_old(start[1], k, v)}
        found.append((name, new))
    return found


def _is_old(start: dict[str, Any], name: str, value: Any) -> bool:
    return name in start and same(start[name], value)


def state_of(run: Run, logs: Any) -> dict[str, Any]:
    """All of a training but its weights, as plain data.

    Args:
        run: The training, between two steps.
        logs: Those of the last step.
    """
    own: Any = logs if run.results is None else None
    validation = run.validation
    return {
        "done": run.done,
        "logs": None if own is None else to_host_logs(dict(own)),
        "stopped": run.stopped(),
        "variables": [variable.numpy() for variable in _beside_weights(run.model)],
        "callbacks": known_by_callbacks(run),
        "data": run.source.position(run.done),
        "validation": None if validation is None else validation.source.position(0),
        "random": random_state(),
    }


def go_on(run: Run, state: dict[str, Any]) -> None:
    """Bring a training to where another one was.

    Args:
        run: The training, which has just begun or begins its first epoch.
        state: What `state_of` returned.
    """
    variables = _beside_weights(run.model)
    for variable, value in zip(variables, state["variables"], strict=True):
        variable.assign(value)
    run.callbacks.set_states(state["callbacks"])
    run.source.go_to(state["data"])
    if run.validation is not None and state["validation"] is not None:
        run.validation.source.go_to(state["validation"])
    run.done, run.last_logs = state["done"], state["logs"]
    if state["stopped"]:
        run.stop()
        run.is_over = not run.done
    set_random_state(state["random"])


def _beside_weights(model: Any) -> list[Any]:
    """The variables that no file of weights holds: of seed generators and metrics."""
    weights = {id(variable) for variable in model.weights}
    found = [variable for variable in model.variables if id(variable) not in weights]
    return found + [variable for each in model.metrics for variable in each.variables]
