"""`Config`: settings by name, as attributes and as a dict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


class Config:
    """Settings, read and set as attributes or by key, which can be frozen.

    Args:
        **kwargs: the settings.

    Example:

    >>> import keras
    >>> config = keras.utils.Config(rate=0.1, units=4)
    >>> config.units = 8
    >>> config.freeze()
    >>> config.as_dict()
    {'rate': 0.1, 'units': 8}
    """

    _config: dict[str, Any]
    _frozen: bool

    def __init__(self, **kwargs: Any) -> None:
        object.__setattr__(self, "_config", dict(kwargs))
        object.__setattr__(self, "_frozen", False)

    def _check(self) -> None:
        if self._frozen:
            raise ValueError(
                "This Config is frozen, so its settings cannot be changed. Call "
                "`unfreeze()` before."
            )

    def __getattr__(self, name: str) -> Any:
        settings = self.__dict__.get("_config", {})
        if name not in settings:
            raise AttributeError(
                f"Config has no setting {name!r}. It has {sorted(settings)}."
            )
        return settings[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._check()
        self._config[name] = value

    def __delattr__(self, name: str) -> None:
        self._check()
        if name not in self._config:
            raise AttributeError(f"Config has no setting {name!r}.")
        del self._config[name]

    def __getitem__(self, name: str) -> Any:
        return self._config[name]

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self, name, value)

    def __delitem__(self, name: str) -> None:
        self._check()
        del self._config[name]

    def __contains__(self, name: object) -> bool:
        return name in self._config

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._config))

    def __len__(self) -> int:
        return len(self._config)

    def __repr__(self) -> str:
        return f"<Config {self._config}>"

    def keys(self) -> Any:
        """The names of the settings."""
        return self._config.keys()

    def values(self) -> Any:
        """The values of the settings."""
        return self._config.values()

    def items(self) -> Any:
        """Names and values."""
        return self._config.items()

    def get(self, keyname: str, value: Any = None) -> Any:
        """A setting, or `value` where there is none of this name."""
        return self._config.get(keyname, value)

    def pop(self, *args: Any) -> Any:
        """Takes a setting out, as `dict.pop` does."""
        self._check()
        return self._config.pop(*args)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Sets several settings, as `dict.update` does."""
        self._check()
        self._config.update(*args, **kwargs)

    def as_dict(self) -> dict[str, Any]:
        """The settings as a dict of their own."""
        return dict(self._config)

    def to_json(self) -> str:
        """The settings as JSON."""
        return json.dumps(self._config)

    @property
    def frozen(self) -> bool:
        """Whether settings cannot be changed."""
        return self._frozen

    def freeze(self) -> None:
        """Settings cannot be changed from now on."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Settings can be changed again."""
        object.__setattr__(self, "_frozen", False)
