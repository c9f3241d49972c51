"""Functions over nested structures: lists, tuples, dicts, namedtuples."""

from keras.core.surface import surface as _surface
from keras.core.tree import MAP_TO_NONE as MAP_TO_NONE
from keras.core.tree import assert_same_paths as assert_same_paths
from keras.core.tree import assert_same_structure as assert_same_structure
from keras.core.tree import flatten as flatten
from keras.core.tree import flatten_with_path as flatten_with_path
from keras.core.tree import is_nested as is_nested
from keras.core.tree import lists_to_tuples as lists_to_tuples
from keras.core.tree import map_shape_structure as map_shape_structure
from keras.core.tree import map_structure as map_structure
from keras.core.tree import map_structure_up_to as map_structure_up_to
from keras.core.tree import pack_sequence_as as pack_sequence_as
from keras.core.tree import traverse as traverse

__all__, __dir__ = _surface(globals())
