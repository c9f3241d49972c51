"""The kernel of `ctc_loss` as a custom op, for the graphs of `torch.compile`.

The kernel makes room for the longest label that it finds in a batch, so the compiler
cannot tell sizes. The custom op keeps that to itself; backward, it runs forward once
more.
"""

from __future__ import annotations

from typing import Any

import torch

_library: list[Any] = []


def register() -> None:
    """Makes the custom op known to the compiler."""
    if _library:
        return
    library = torch.library.Library("keras", "FRAGMENT")
    _library.append(library)
    given = "Tensor logs, Tensor target, Tensor steps, Tensor lengths, SymInt blank"
    for name, arguments, function, empty in (
        ("ctc", given, _loss, lambda logs, *rest: logs.new_empty(logs.shape[1])),
        ("ctc_gradient", f"Tensor upstream, {given}", _loss_gradient, _like_logs),
    ):
        library.define(f"{name}({arguments}) -> Tensor")
        library.impl(name, function, "CompositeExplicitAutograd")
        torch.library.register_fake(f"keras::{name}", empty, lib=library)
    torch.library.register_autograd(
        "keras::ctc", _backward, setup_context=_keep, lib=library
    )


def _loss(logs: Any, *given: Any) -> Any:
    return torch._ctc_loss(logs, *given)[0]


def _loss_gradient(upstream: Any, logs: Any, *given: Any) -> Any:
    *tensors, blank = given
    loss, alpha = torch._ctc_loss(logs, *given)
    return torch.ops.aten._ctc_loss_backward(
        upstream, logs, *tensors, loss, alpha, blank
    )


def _like_logs(upstream: Any, logs: Any, *given: Any) -> Any:
    return logs.new_empty(logs.shape)


def _keep(ctx: Any, inputs: Any, output: Any) -> None:
    *tensors, ctx.blank = inputs
    ctx.save_for_backward(*tensors)


def _backward(ctx: Any, upstream: Any) -> Any:
    gradient = torch.ops.keras.ctc_gradient(upstream, *ctx.saved_tensors, ctx.blank)
    return gradient, None, None, None, None
