"""`Objective`: what a model is trained for, as `compile` says it.

The optimizer, the loss and the metrics, and how a batch's loss and results come about.
`Trainer` adds the steps and loops that use them.
"""

from __future__ import annotations

import inspect
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from keras import ops, optimizers
from keras.backends.bound import on_own_backend
from keras.core import tree
from keras.core.classes import cached_by_class, is_ours
from keras.core.errors import BackendError
from keras.core.scopes import StatelessScope
from keras.core.serialization import deserialize_keras_object
from keras.core.typing import Data, Identifier, TensorLike
from keras.metrics.metric import reset_together
from keras.optimizers.foreign import ForeignOptimizer
from keras.training.compilation import (
    Compilation,
    CompileConfig,
    PartOfCompilation,
)
from keras.training.compile_metrics import CompileMetrics
from keras.training.overrides import overrides

if TYPE_CHECKING:
    from keras.optimizers.optimizer import Optimizer
    from keras.training.repeated import RepeatedParts

_NO_COMPILE = "You must call `compile()` before using {what} of the model {name!r}."


class Objective:
    """Mixin of `Model`: the optimizer, loss and metrics of `compile`."""

    optimizer: Any = None
    loss: Any = None
    stop_training: bool = False
    stop_evaluating: bool = False
    stop_predicting: bool = False
    compiled: bool = False
    steps_per_execution: int | str = 1
    history: Any = None
    auto_scale_loss: bool = True
    train_function: Any = None
    test_function: Any = None
    predict_function: Any = None
    # What training notes on a model, which no step computes with.
    _not_computed_with = frozenset(
        (
            "compiled",
            "history",
            "predict_function",
            "stop_evaluating",
            "stop_predicting",
            "stop_training",
            "test_function",
            "train_function",
            "_keras_compilation",
            "_keras_repeated",
            "_results_function",
        )
    )
    # A copy compiles its own.
    _transient = (
        "predict_function",
        "test_function",
        "train_function",
        "_keras_repeated",
        "_results_function",
    )
    _keras_backend: Any
    _keras_compilation: Compilation | None = None
    _run_eagerly: bool = False
    _jit_compile: Any = "auto"
    _results_function: Any = None
    _keras_repeated: RepeatedParts | None = None
    # bayesflow, kerasfactory and others read these.
    _compile_loss = PartOfCompilation(lambda model: model._keras_compilation.loss)
    _compile_metrics = PartOfCompilation(lambda model: model._keras_compilation.metrics)
    _loss_tracker = PartOfCompilation(lambda model: model._keras_compilation.tracker)
    _compile_config = PartOfCompilation(lambda model: model._compiled_with())

    # Compilation ---------------------------------------------------------------

    @on_own_backend
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Identifier = None,
        loss_weights: Any = None,
        metrics: Identifier = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int | str = 1,
        jit_compile: bool | str | None = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Set what the model is trained with.

        Args:
            optimizer: A name, config or `Optimizer`; on torch also one of
                `torch.optim`, or its class, on JAX an optax transform.
            loss: A name, function or `Loss`, which is for each output; or a
                structure of them: a dictionary by the names of the outputs, a list
                by position, several in a list for one output, or a list of losses
                of all outputs and of their parts. `"crossentropy"` is the one that
                suits the shapes. `None` where the model adds its own losses, or for
                an output without one.
            loss_weights: Factors, in the structure of the losses or of the outputs.
            metrics: A list of names, functions or metrics; for several outputs a list
                or dictionary of such lists.
            weighted_metrics: Likewise; these see sample and class weights.
            run_eagerly: Run steps as plain Python, to debug them.
            steps_per_execution: How many batches run as one program, between two calls
                of callbacks; `"auto"` finds it by measuring steps, where no callback
                listens to batches.
            jit_compile: `True` compiles further where that is optional (XLA on
                TensorFlow, `torch.compile` on torch), `"auto"` where it pays: on a CPU
                TensorFlow's steps in calls of eight steps or more. A layer whose
                `supports_jit` is False makes `"auto"` mean False.
            auto_scale_loss: Under the policy `"mixed_float16"`, scale the loss.

        Raises:
            ValueError: For an unknown name.

        Example:

        >>> import keras
        >>> model = keras.Sequential([keras.layers.Dense(1)])
        >>> model.compile("sgd", loss="mse", metrics=["mae"])
        >>> model.compiled
        True
        """
        if run_eagerly and jit_compile is True:
            warnings.warn(
                "`run_eagerly=True` and `jit_compile=True` exclude each other: the "
                "first runs plain Python, the second compiles it. The model runs "
                "eagerly.",
                stacklevel=3,
            )
            jit_compile = False
        if steps_per_execution != "auto":
            check_count(steps_per_execution, "steps_per_execution", ' or "auto"')
        arguments = {
            "optimizer": optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        self._check_backend_of(optimizer, loss, metrics, weighted_metrics)
        names = getattr(self, "output_names", None)
        compilation = Compilation(arguments, names)
        self.optimizer = self._keras_scaled(optimizers.get(optimizer), auto_scale_loss)
        self._keras_compilation = compilation
        self.loss = loss
        self.auto_scale_loss = auto_scale_loss
        self.steps_per_execution = steps_per_execution
        if jit_compile == "auto" and not self._supports_jit():
            jit_compile = False
        self._jit_compile = jit_compile
        self._run_eagerly = bool(run_eagerly)
        self.stop_training = False
        self.compiled = True
        self._forget_functions()

    def _supports_jit(self) -> bool:
        """Whether no layer has said that it cannot be compiled."""
        layers = getattr(self, "_flatten_layers", tuple)()
        return all(layer.supports_jit for layer in layers)

    def _check_backend_of(self, *objects: Any) -> None:
        for each in tree.flatten(objects):
            other = getattr(each, "_keras_backend", None)
            if other is not None and other is not self._keras_backend:
                raise BackendError(
                    f"The {type(each).__name__} {getattr(each, 'name', '')!r} lives on "
                    f"the {other.name} backend, but the model "
                    f"{getattr(self, 'name', '')!r} lives on "
                    f"{self._keras_backend.name}. Make it inside "
                    "`with keras.backend_scope("
                    f"{self._keras_backend.name!r}):`, or pass its name as a string."
                )

    def _keras_scaled(self, optimizer: Optimizer, auto_scale_loss: bool) -> Any:
        policy = getattr(self, "dtype_policy", None)
        scaled = isinstance(optimizer, optimizers.LossScaleOptimizer)
        if optimizer is None or scaled or not auto_scale_loss:
            return optimizer
        if getattr(policy, "name", None) != "mixed_float16":
            return optimizer
        return optimizers.LossScaleOptimizer(optimizer, name="loss_scale_optimizer")

    def _forget_functions(self) -> None:
        for name in ("train", "test", "predict"):
            setattr(self, f"{name}_function", None)
        self._results_function = self._keras_repeated = None

    @property
    def jit_compile(self) -> bool:
        """Whether steps are compiled further, however few; see `compile`."""
        if self._run_eagerly:
            return False
        if isinstance(self._jit_compile, bool):
            return self._jit_compile
        return self._keras_backend.compiles_further(self._jit_compile)

    @jit_compile.setter
    def jit_compile(self, value: Any) -> None:
        self._jit_compile = value
        self._forget_functions()

    @property
    def run_eagerly(self) -> bool:
        """Whether steps run as plain Python; see `compile`."""
        return self._run_eagerly

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        self._run_eagerly = bool(value)
        self._forget_functions()

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of `compile`, as plain data; empty before `compile`."""
        if not self.compiled or self._keras_compilation is None:
            return {}
        if isinstance(self.optimizer, ForeignOptimizer):
            warnings.warn(
                f"The optimizer {self.optimizer.native!r} of the model "
                f"{self._shown_name()} has no config, so a file cannot say what the "
                "model was compiled with. Compile it again when it is loaded; its "
                "state is in the file: `model.optimizer.build(model."
                "trainable_variables)`, then `model.load_weights(path)`, read it.",
                stacklevel=2,
            )
            return {}
        return self._compiled_with().serialize()

    def _compiled_with(self) -> CompileConfig:
        arguments = (
            {} if self._keras_compilation is None else self._keras_compilation.arguments
        )
        return CompileConfig({**arguments, "optimizer": self.optimizer})

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as `get_compile_config` says.

        Args:
            config: What `get_compile_config` returned.
        """
        if overrides(type(self), "compile") and not is_ours(type(self).compile):
            own = "compile_from_config" in type(self).__dict__
            parameters = inspect.signature(type(self).compile).parameters
            if not own and not set(config) <= set(parameters):
                # A `compile` with other arguments: only its author can restore it.
                warnings.warn(
                    f"compile() was not called as the model was loaded: "
                    f"{type(self).__name__} has its own, with other arguments. Call "
                    "model.compile(...) now, or give the class get_compile_config() "
                    "and compile_from_config(config).",
                    UserWarning,
                    stacklevel=2,
                )
                return
        # Files say True where Keras found on its backend that it pays.
        config = {**config}
        if config.get("jit_compile") is True:
            config["jit_compile"] = "auto"
        self.compile(**deserialize_keras_object(config))
        if self.optimizer is not None and getattr(self, "built", False):
            self.optimizer.build(self.trainable_variables)

    def _require_compiled(self, what: str) -> Compilation:
        if self._keras_compilation is None or not self.compiled:
            name = getattr(self, "name", type(self).__name__)
            raise ValueError(
                _NO_COMPILE.format(what=f"`{what}`", name=name)
                + " For example: model.compile(optimizer='adam', loss='mse')."
            )
        return self._keras_compilation

    def _keras_prepare_training(self) -> None:
        """Make the state of the optimizer, and say what keeps the model as it is."""
        own_step = overrides(type(self), "train_step")
        variables = self.trainable_variables
        compilation = self._keras_compilation
        if compilation is not None and compilation.trains_others(variables):
            self.train_function = None  # it was made for other weights
        if not variables:
            if not own_step:
                warnings.warn(
                    f"The model {self._shown_name()} has no trainable weights: "
                    "training computes its losses and metrics and changes nothing. To "
                    "train it, set `trainable = True` on a layer and compile again.",
                    stacklevel=4,
                )
            return
        # A backend without gradients says so, and where to go.
        self._keras_backend.value_and_grad(len)
        if self.optimizer is None:
            if own_step:
                return
            raise ValueError(
                f"The model {self._shown_name()} has no optimizer: `compile` was "
                "called with optimizer=None. Pass one, such as 'adam'."
            )
        if not self.optimizer.built and self.built:
            self.optimizer.build(variables)

    def _shown_name(self) -> str:
        return repr(getattr(self, "name", type(self).__name__))

    # Losses and metrics --------------------------------------------------------

    @property
    def metrics(self) -> list[Any]:
        """The trackers of losses, the metrics of `compile`, and those of layers."""
        compilation = self._keras_compilation
        own = getattr(super(), "metrics", [])
        if compilation is None:
            return list(own)
        return [*compilation.all_metrics(), *own]

    @property
    def metrics_names(self) -> list[str]:
        """The names of `metrics`."""
        return [metric.name for metric in self.metrics]

    def reset_metrics(self) -> None:
        """Start all metrics anew."""
        reset_together(self._keras_single_metrics())

    def _keras_single_metrics(self) -> list[Any]:
        """`metrics`, with those of `compile` one by one."""
        found: list[Any] = []
        for metric in self.metrics:
            compiled = isinstance(metric, CompileMetrics)
            found += metric.metrics if compiled else [metric]
        return found

    def compute_loss(
        self,
        x: Data = None,
        y: Data = None,
        y_pred: TensorLike = None,
        sample_weight: Data = None,
        training: bool = True,
    ) -> Any:
        """The loss of a batch; override it for a loss of your own.

        Args:
            x: Inputs.
            y: Targets.
            y_pred: Outputs of the model.
            sample_weight: Weights of the samples.
            training: Whether this is training.

        Returns:
            A scalar: the loss of `compile` and all that layers add.

        Raises:
            ValueError: If nothing gives a loss to train by.
        """
        del x
        compilation = self._keras_compilation
        total = None
        if compilation is not None and compilation.loss is not None:
            total = compilation.loss(y, y_pred, sample_weight)
        for extra in getattr(self, "losses", ()):
            extra = ops.sum(extra)
            if total is None:
                total = extra
            else:
                total = ops.add(total, ops.cast(extra, ops.dtype(total)))
        if total is not None:
            return total
        if training and self.trainable_variables:
            raise ValueError(
                "No loss to compute. Provide a `loss` argument in `compile()`, add one "
                "with `add_loss` in a layer, or override `compute_loss`."
            )
        return ops.zeros(())

    def _compute_loss(
        self, x: Data, y: Data, y_pred: TensorLike, sample_weight: Data, training: bool
    ) -> Any:
        """`compute_loss`, which older models override without `training`."""
        if _has_parameter(type(self), "compute_loss", "training"):
            return self.compute_loss(x, y, y_pred, sample_weight, training=training)
        return self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)

    @on_own_backend
    def stateless_compute_loss(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        metrics_variables: Any,
        x: Data = None,
        y: Data = None,
        y_pred: TensorLike = None,
        sample_weight: Data = None,
        training: bool = True,
    ) -> tuple[Any, tuple[list[Any], list[Any], list[Any]]]:
        """`compute_loss` for given values of the variables, which stay as they are.

        Args:
            trainable_variables: Values of `self.trainable_variables`.
            non_trainable_variables: Values of `self.non_trainable_variables`.
            metrics_variables: Values of `self.metrics_variables`.
            x: Inputs.
            y: Targets.
            y_pred: Outputs of the model.
            sample_weight: Weights of the samples.
            training: Whether this is training.

        Returns:
            The loss, and the new values of the three groups of variables.
        """
        groups = [
            (getattr(self, name), list(values))
            for name, values in (
                ("trainable_variables", trainable_variables),
                ("non_trainable_variables", non_trainable_variables),
                ("metrics_variables", metrics_variables),
            )
        ]
        pairs = [p for own, values in groups for p in zip(own, values, strict=True)]
        with StatelessScope(pairs) as scope:
            loss = self._compute_loss(x, y, y_pred, sample_weight, training)
        trainable, other, metrics = (
            [scope.get_current_value(variable) for variable in own] for own, _ in groups
        )
        return loss, (trainable, other, metrics)

    def compute_metrics(
        self, x: Data, y: Data, y_pred: TensorLike, sample_weight: Data = None
    ) -> dict[str, Any]:
        """Take a batch into account in the metrics of `compile`; override to add more.

        Args:
            x: Inputs.
            y: Targets.
            y_pred: Outputs of the model.
            sample_weight: Weights of the samples.

        Returns:
            The results by name, as `get_metrics_result` returns them.
        """
        self._keras_update_metrics(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def _keras_update_metrics(
        self, y: Data, y_pred: TensorLike, sample_weight: Data
    ) -> None:
        compilation = self._keras_compilation
        if compilation is None or compilation.metrics is None or y is None:
            return
        compilation.metrics.update_state(y, y_pred, sample_weight)

    def get_metrics_result(self) -> dict[str, Any]:
        """The results of all metrics so far, by name."""
        results: dict[str, Any] = {}
        for metric in self.metrics:
            value = metric.result()
            if isinstance(value, dict):
                results.update(value)
            else:
                results[metric.name] = value
        return results


@cached_by_class
def _has_parameter(cls: type, method: str, name: str) -> bool:
    try:
        parameters = inspect.signature(getattr(cls, method)).parameters
    except (TypeError, ValueError):
        return True
    kinds = [parameter.kind for parameter in parameters.values()]
    return name in parameters or inspect.Parameter.VAR_KEYWORD in kinds


def check_count(value: Any, name: str, other: str = "") -> None:
    """Refuse what is no positive integer."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(
            f"`{name}` must be a positive integer{other}. Received: {value!r}"
        )
