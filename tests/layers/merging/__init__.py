"""Tests of the layers in keras/layers/merging."""
