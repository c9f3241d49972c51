"""`ExportArchive`: functions and their variables as one SavedModel, from any backend.

TensorFlow writes the file. A layer of another backend is copied to TensorFlow when it
is tracked, and a function that is a method of it becomes the same method of the copy.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import wraps
from typing import Any

from keras.backends import backend_scope, load
from keras.core.typing import Structure
from keras.export.signature import signature_from, signature_of
from keras.export.targets import target_folder
from keras.layers.input_spec import describe
from keras.layers.layer import Layer
from keras.layers.transfer import at_fault, to_backend
from keras.utils.messages import show

_COLLECTIONS = ("variables", "trainable_variables", "non_trainable_variables")


class ExportArchive:
    """Writes a SavedModel with one or several functions, which serve without Keras.

    Layers and models may live on any backend; those of others are copied to TensorFlow,
    with their weights as they are then.

    Attributes:
        variables: the variables of everything tracked, as `tf.Variable`s; likewise
            `trainable_variables` and `non_trainable_variables`.

    Raises:
        ImportError: if TensorFlow is not installed.

    Example:

    >>> import keras, tempfile
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> archive = keras.export.ExportArchive()
    >>> archive.track(model)
    >>> _ = archive.add_endpoint(
    ...     "serve", model.call, [keras.InputSpec(shape=(None, 3), dtype="float32")]
    ... )
    >>> archive.write_out(tempfile.mkdtemp() + "/served", verbose=False)
    """

    def __init__(self) -> None:
        self._native = load("tensorflow").export
        self._endpoints: dict[str, Any] = {}
        self._collections: dict[str, list[Any]] = {}
        self._layers: list[tuple[Layer, Layer]] = []  # as tracked, and on TensorFlow
        self._resources: list[Any] = []

    @property
    def variables(self) -> list[Any]:
        """The variables of the layers that are tracked."""
        return self._all("variables")

    @property
    def trainable_variables(self) -> list[Any]:
        """Those of them that can be trained."""
        return self._all("trainable_variables")

    @property
    def non_trainable_variables(self) -> list[Any]:
        """Those of them that cannot."""
        return self._all("non_trainable_variables")

    def _all(self, which: str) -> list[Any]:
        found: dict[int, Any] = {}
        for _, layer in self._layers:
            for variable in getattr(layer, which):
                native = self._native.variable_of(variable)
                found[id(native)] = native
        return list(found.values())

    def track(self, resource: Any) -> None:
        """Takes the variables of a layer, model or TensorFlow object into the file.

        Args:
            resource: a layer that is built, or an object of TensorFlow's that holds
                state, such as a table.

        Raises:
            ValueError: for anything else.
        """
        if isinstance(resource, Layer):
            self._copy_of(resource)
        elif self._native.is_trackable(resource):
            self._resources.append(resource)
        else:
            raise ValueError(
                "ExportArchive tracks Keras layers and models, and TensorFlow's "
                "trackable objects. Received: "
                f"resource={resource!r} of type {type(resource).__name__}."
            )

    def add_endpoint(
        self,
        name: str,
        fn: Callable[..., Any],
        input_signature: Structure = None,
        **kwargs: Any,
    ) -> Any:
        """Adds a function under a name.

        Args:
            name: the name, under which it is a signature and an attribute of what
                `tf.saved_model.load` gives.
            fn: a layer or model, a method of one, a `tf.function`, or, for layers of
                the TensorFlow backend, any function of tensors.
            input_signature: a list with one entry for each argument of `fn`:
                `keras.InputSpec`, `tf.TensorSpec` or the like, alone or nested. Not
                needed for a layer, and for a `tf.function` that has been called.
            **kwargs: none are known.

        Returns:
            The `tf.function` that is going to be written.

        Raises:
            ValueError: if the name is taken, or the signature is missing.
        """
        if kwargs:
            raise TypeError(
                f"add_endpoint() of {name!r} got unknown arguments: {sorted(kwargs)}."
            )
        if name in self._endpoints or name in self._collections:
            raise ValueError(f"Endpoint name {name!r} is already taken.")
        if name in _COLLECTIONS or name.startswith("_") or name == "serving_default":
            raise ValueError(
                f"{name!r} is a name of the SavedModel's own. Choose another endpoint "
                "name."
            )
        self._endpoints[name] = self._function(name, fn, input_signature)
        return self._endpoints[name]

    def _function(self, name: str, fn: Any, given: Structure) -> Any:
        if self._native.is_function(fn) and given is None:
            if self._native.has_traces(fn):
                return fn
            raise ValueError(_NO_SIGNATURE.format(name=name))
        owner = fn if isinstance(fn, Layer) else getattr(fn, "__self__", None)
        if given is None and not isinstance(fn, Layer):
            raise ValueError(_NO_SIGNATURE.format(name=name))
        if isinstance(fn, Layer):
            signature = signature_of(fn, given)
        else:
            signature = signature_from(given)
        if isinstance(owner, Layer):
            copy = self._copy_of(owner)
            function = copy if owner is fn else getattr(copy, fn.__name__)
            return self._traced(owner, copy, function, signature)
        return self._traced(None, None, fn, signature)

    def _traced(self, owner: Any, copy: Any, function: Any, signature: Any) -> Any:
        def endpoint(*args: Any, **kwargs: Any) -> Structure:
            with backend_scope("tensorflow"):
                return function(*args, **kwargs)

        if function is not copy:  # inputs without a name have that of the parameter
            endpoint = wraps(function)(endpoint)
        try:
            return self._native.function_of(endpoint, signature)
        except Exception as error:
            if owner is copy:
                raise
            raise ValueError(
                f"{describe(owner)} was made on the {owner._keras_backend.name} "
                "backend, and its copy on TensorFlow cannot be run"
                f"{at_fault(error)}: {error}. A layer that "
                "calls a framework natively works on that framework only; "
                "write it with keras.ops to export it."
            ) from error

    def track_and_add_endpoint(
        self, name: str, resource: Layer, input_signature: Structure, **kwargs: Any
    ) -> Any:
        """Tracks a layer or model and adds its call under a name.

        Args:
            name: the name of the endpoint.
            resource: the layer or model.
            input_signature: as for `add_endpoint`.
            **kwargs: as for `add_endpoint`.
        """
        self.track(resource)
        return self.add_endpoint(name, resource, input_signature, **kwargs)

    def add_variable_collection(self, name: str, variables: Iterable[Any]) -> None:
        """Makes variables an attribute of what `tf.saved_model.load` gives.

        Args:
            name: the attribute.
            variables: a list, tuple or set of variables; those of layers that are
                tracked are the ones that the endpoints use.

        Raises:
            ValueError: for something else.
        """
        if not isinstance(variables, (list, tuple, set)):
            raise ValueError(
                f"The variable collection {name!r} must be a list, tuple or set. "
                f"Received: an object of type {type(variables).__name__}."
            )
        if name in self._endpoints or name in self._collections:
            raise ValueError(f"Collection name {name!r} is already taken.")
        copies = {
            id(old): new
            for layer, copy in self._layers
            for old, new in zip(layer.variables, copy.variables, strict=True)
        }
        self._collections[name] = [
            self._native_variable(name, copies.get(id(x), x)) for x in variables
        ]

    def _native_variable(self, name: str, variable: Any) -> Any:
        native = self._native.variable_of(variable)
        if native is not None:
            return native
        if not getattr(variable, "_is_keras_variable", False):
            raise ValueError(
                f"The variable collection {name!r} must hold variables. Received one "
                f"of type {type(variable).__name__}."
            )
        return self._native.new_variable(
            variable.numpy(), variable.name, variable.trainable
        )

    def write_out(
        self, filepath: Any, options: Any = None, verbose: bool = True
    ) -> None:
        """Writes the SavedModel.

        The endpoint named `"serve"`, or else the first, is also the signature
        `"serving_default"`.

        Args:
            filepath: the folder. What a SavedModel there consists of is replaced.
            options: `tf.saved_model.SaveOptions`.
            verbose: whether to tell the endpoints and what they take and give.

        Raises:
            ValueError: if there is no endpoint.
            OSError: if the folder cannot be written; nothing is changed then.
        """
        if not self._endpoints:
            raise ValueError(
                "An ExportArchive needs an endpoint before it is written: call "
                "add_endpoint()."
            )
        path = os.fspath(filepath)
        # A path with a scheme (`gs://…`) is TensorFlow's to write.
        target = nullcontext(path) if "://" in path else target_folder(path)
        collections = {name: getattr(self, name) for name in _COLLECTIONS}
        tracked = [*self._resources]
        for _, layer in self._layers:
            tracked.extend(self._native.foreign_of(layer))
        with target as folder:
            self._native.save(
                folder,
                self._endpoints,
                {**collections, **self._collections},
                tracked,
                options,
            )
        if verbose:
            show(self._described(path))

    def _described(self, path: str) -> str:
        lines = [f"Saved artifact at {path!r}. The following endpoints are available:"]
        for name, function in self._endpoints.items():
            takes, gives = self._native.describe_trace(function)
            lines += [
                "",
                f"* Endpoint {name!r}",
                f"  takes: {takes}",
                f"  gives: {gives}",
            ]
        return "\n".join(lines)

    def _copy_of(self, layer: Layer) -> Layer:
        """The layer on TensorFlow: itself, or a copy made when it was first seen."""
        for known, copy in self._layers:
            if known is layer or copy is layer:
                return copy
        if not layer.built:
            raise ValueError(
                f"{describe(layer)} must be built before it is exported: call it on "
                "data or build(input_shape) first."
            )
        copy = to_backend(layer, "tensorflow")
        self._layers.append((layer, copy))
        return copy


_NO_SIGNATURE = (
    "The endpoint {name!r} needs an `input_signature` with one entry for each argument "
    "of its function, such as [keras.InputSpec(shape=(None, 224, 224, 3), "
    "dtype='float32')]. It can be left out for a layer, and for a `tf.function` that "
    "has been called or has a signature of its own."
)
