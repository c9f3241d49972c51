"""Tests of the layers in keras/layers/activations."""
