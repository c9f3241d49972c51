"""Models as files that others run: SavedModel, ONNX, LiteRT, OpenVINO, torch programs.

`Model.export(path, format=…)` writes them; `ExportArchive` makes a SavedModel with
several functions in it.
"""

from keras.core.surface import surface as _surface
from keras.export.archive import ExportArchive as ExportArchive

__all__, __dir__ = _surface(globals())
