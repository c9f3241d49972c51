"""Functions without a name, as data: the byte code of a lambda.

Writing is always possible. Reading runs code of the file, so it stands behind safe
mode. The byte code is that of one Python version, and reads on that version only.
"""

from __future__ import annotations

import base64
import builtins
import marshal
from types import CodeType, FunctionType
from typing import Any

from keras.core.errors import DeserializationError
from keras.core.safe_mode import refuse_code


def lambda_to_config(function: FunctionType) -> dict[str, Any]:
    """A lambda as `{"code", "defaults", "closure"}`, base64 text and plain values."""
    closure = function.__closure__
    return {
        "code": base64.b64encode(marshal.dumps(function.__code__)).decode("ascii"),
        "defaults": function.__defaults__,
        "closure": None if closure is None else tuple(c.cell_contents for c in closure),
    }


def lambda_from_config(config: dict[str, Any]) -> FunctionType:
    """The function of a `__lambda__` config.

    Args:
        config: as `lambda_to_config` writes it, or `{"value": [code, defaults,
            closure]}`.

    Raises:
        UnsafeDeserializationError: in safe mode.
        DeserializationError: if the code is damaged or of another Python version.
    """
    refuse_code("A lambda (or other Python byte code) in the config")
    value = config.get("value")
    if value is not None:
        code, defaults, closure = value
    else:
        code = config.get("code", "")
        defaults, closure = config.get("defaults"), config.get("closure")
    try:
        loaded = marshal.loads(base64.b64decode(code))  # noqa: S302 - behind safe mode
    except Exception as error:
        raise DeserializationError(
            "The byte code of a lambda in the config cannot be read: it is damaged or "
            f"of another Python version ({error}). Use a named function registered "
            "with keras.saving.register_keras_serializable() instead."
        ) from error
    if not isinstance(loaded, CodeType):
        raise DeserializationError(
            f"A lambda in the config holds {type(loaded).__name__}, not byte code."
        )
    cells = None if closure is None else tuple(_cell(value) for value in closure)
    scope = {"__builtins__": builtins, "__name__": "keras_lambda", **_modules()}
    arguments = None if defaults is None else tuple(defaults)
    return FunctionType(loaded, scope, loaded.co_name, arguments, cells)


def _modules() -> dict[str, Any]:
    """Names that lambdas of models commonly use."""
    import keras  # all of it, on the user's behalf: not what this room stands on

    return {"keras": keras, "ops": keras.ops}


def _cell(value: Any) -> Any:
    return (lambda: value).__closure__[0]  # type: ignore[index]
