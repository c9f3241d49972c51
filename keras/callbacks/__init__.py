"""What may listen to training, evaluation and prediction; see `Callback`."""

from __future__ import annotations

from keras.callbacks.backup_and_restore import BackupAndRestore as BackupAndRestore
from keras.callbacks.callback import Callback as Callback
from keras.callbacks.callback_list import CallbackList as CallbackList
from keras.callbacks.csv_logger import CSVLogger as CSVLogger
from keras.callbacks.early_stopping import EarlyStopping as EarlyStopping
from keras.callbacks.history import History as History
from keras.callbacks.lambda_callback import LambdaCallback as LambdaCallback
from keras.callbacks.learning_rate_scheduler import (
    LearningRateScheduler as LearningRateScheduler,
)
from keras.callbacks.metrics_logger import MetricsLogger as MetricsLogger
from keras.callbacks.model_checkpoint import ModelCheckpoint as ModelCheckpoint
from keras.callbacks.orbax_checkpoint import OrbaxCheckpoint as OrbaxCheckpoint
from keras.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger
from keras.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
from keras.callbacks.remote_monitor import RemoteMonitor as RemoteMonitor
from keras.callbacks.swap_ema_weights import SwapEMAWeights as SwapEMAWeights
from keras.callbacks.tensorboard import TensorBoard as TensorBoard
from keras.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN
from keras.core.surface import surface as _surface

__all__, __dir__ = _surface(globals())
