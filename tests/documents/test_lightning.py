"""A Keras model inside a LightningModule: trained, checked and kept by Lightning."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras

torch = pytest.importorskip("torch")
lightning = pytest.importorskip("pytorch_lightning")

X = np.random.default_rng(0).random((64, 4)).astype("float32")


class Lit(lightning.LightningModule):
    """What a user of Lightning writes."""

    def __init__(self) -> None:
        super().__init__()
        with keras.backend_scope("torch"):
            self.net = keras.Sequential(
                [
                    keras.Input((4,)),
                    keras.layers.Dense(8, activation="relu", name="hidden"),
                    keras.layers.BatchNormalization(momentum=0.5, name="norm"),
                    keras.layers.Dropout(0.1, name="dropout"),
                    keras.layers.Dense(1, name="out"),
                ]
            )
        self.modes: set[tuple[str, bool]] = set()

    def training_step(self, batch: Any, _: int) -> Any:
        x, y = batch
        self.modes.add(("fit", self.net.training))
        return ((self.net(x) - y) ** 2).mean()

    def validation_step(self, batch: Any, _: int) -> None:
        x, y = batch
        self.modes.add(("validate", self.net.training))
        self.log("error", ((self.net(x) - y) ** 2).mean())

    def configure_optimizers(self) -> Any:
        return torch.optim.Adam(self.parameters(), 0.05)


def error_of(module: Lit) -> float:
    with torch.no_grad():
        y = module.net(torch.tensor(X), training=False).numpy()
    return float(np.mean((y - X.sum(1, keepdims=True)) ** 2))


@pytest.mark.filterwarnings("ignore")
def test_lightning_trains_and_keeps_it(tmp_path: Path) -> None:
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    keras.utils.set_random_seed(0)
    pairs = torch.utils.data.TensorDataset(
        torch.tensor(X), torch.tensor(X.sum(1, keepdims=True))
    )
    batches = torch.utils.data.DataLoader(pairs, 16, shuffle=True)
    module = Lit()
    before = error_of(module)
    with warnings.catch_warnings(action="ignore"):
        trainer = lightning.Trainer(
            max_epochs=10,
            accelerator="cpu",
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            default_root_dir=tmp_path,
        )
        trainer.fit(module, batches, batches)
    after = error_of(module)
    assert after < 0.2 * before
    assert module.modes == {("fit", True), ("validate", False)}
    assert module.net.get_layer("norm").moving_mean.numpy().any()
    assert float(trainer.callback_metrics["error"]) == pytest.approx(after, rel=1e-3)

    trainer.save_checkpoint(tmp_path / "kept.ckpt")
    again = Lit.load_from_checkpoint(tmp_path / "kept.ckpt")
    assert error_of(again) == pytest.approx(after, rel=1e-5)
