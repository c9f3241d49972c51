"""Sequences of one length: `keras.preprocessing.sequence`."""

from keras.utils.sequence import pad_sequences as pad_sequences

__all__ = ["pad_sequences"]
