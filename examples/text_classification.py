"""From strings to classes: which part of SciPy is a sentence about?

    python examples/text_classification.py --backend torch

The texts are paragraphs of SciPy's own documentation, which come with the package. The
layer that makes numbers of strings is part of the model: it is trained, saved, loaded
and asked with strings, and TensorFlow is not needed for that.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import tempfile
from pathlib import Path

# A model this small is fastest on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras
from keras import layers

TOPICS = ("linalg", "ndimage", "optimize", "signal", "stats")
QUESTIONS = (
    "The eigenvalues of a symmetric matrix, in ascending order.",
    "Blurs a picture by a Gaussian kernel along each axis of the array.",
    "The p-value for the null hypothesis that two samples have the same mean.",
)


def load_data() -> tuple[np.ndarray, np.ndarray]:
    """Paragraphs of words, and the place in `TOPICS` of the module that they are of."""
    found: dict[str, int] = {}
    for label, topic in enumerate(TOPICS):
        module = importlib.import_module(f"scipy.{topic}")
        for name in sorted(module.__all__):
            for part in (inspect.getdoc(getattr(module, name)) or "").split("\n\n"):
                text = " ".join(part.split())
                if len(text) > 60 and ">>>" not in text:
                    found[text] = label
    order = np.random.default_rng(0).permutation(len(found))
    texts = np.array(list(found), dtype=object)
    return texts[order], np.array(list(found.values()), "int32")[order]


def make_model(texts: np.ndarray, words: int = 4000, width: int = 32) -> keras.Model:
    """From a string to a logit of each topic: a bag of single words and pairs."""
    vectorize = layers.TextVectorization(
        max_tokens=words, ngrams=2, output_sequence_length=120
    )
    vectorize.adapt(texts)
    text = keras.Input((), dtype="string", name="text")
    tokens = vectorize(text)
    x = layers.Embedding(words, width, mask_zero=True)(tokens)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dropout(0.3)(x)
    model = keras.Model(text, layers.Dense(len(TOPICS))(x))
    model.compile(
        optimizer=keras.optimizers.Adam(1e-2),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--backend", choices=["jax", "numpy", "tensorflow", "torch"])
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    keras.utils.set_random_seed(1)

    texts, labels = load_data()
    test = len(texts) // 4
    most = np.bincount(labels[:test]).max() / test
    print(f"{len(texts)} paragraphs; always the commonest topic: accuracy {most:.3f}")
    model = make_model(texts[test:])
    model.fit(
        texts[test:], labels[test:], batch_size=64, epochs=options.epochs, verbose=0
    )
    _, accuracy = model.evaluate(texts[:test], labels[:test], verbose=0)
    print(f"Test accuracy: {accuracy:.3f}")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "topics.keras"
        model.save(path)
        again = keras.saving.load_model(path)
    answers = again.predict(np.array(QUESTIONS, dtype=object), verbose=0)
    for question, answer in zip(QUESTIONS, answers, strict=True):
        print(f"scipy.{TOPICS[answer.argmax()]:<9} {question}")


if __name__ == "__main__":
    main()
