"""A layer is nothing more than a Keras layer here."""

layer_mixin = None
optimizer_mixin = None
