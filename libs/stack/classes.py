"""Kafka's classes, made ready once for every start after it.

The JVM finds, checks and links thousands of classes before a broker answers: half the work of a
start. It can keep them as it has them in memory, in a file that later starts map (JEP 350). It
does so when a broker ends that was told to.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from .build import Say, kafka_classes, once, silent
from .kafka import NativeKafka
from .process import StackError


class _Example(NativeKafka):
    """A broker that keeps its classes at its end."""

    def __init__(self, data_dir: Path, classes: Path) -> None:
        super().__init__(data_dir)
        self._classes = classes

    def command(self) -> Sequence[str]:
        later, now = "-XX:SharedArchiveFile=", f"-XX:ArchiveClassesAtExit={self._classes}"
        return [now if part.startswith(later) else part for part in super().command()]


def ready_classes(say: Say = silent) -> None:
    """Make the file unless it is there; without it a start takes twice as long, no more."""
    try:
        with once(kafka_classes()) as temporary:
            if temporary is not None:
                say("readying Kafka's classes (seconds, once) ...")
                _ready(temporary / kafka_classes().name)
    except StackError as failure:
        say(f"{failure}\nGoing on without; Kafka starts more slowly.")


def _ready(classes: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="sokak-kafka-", ignore_cleanup_errors=True) as place:
        broker = _Example(Path(place), classes)
        broker.leashed = True
        try:
            broker.start()
        finally:
            broker.stop(timeout_s=60.0)
    classes.touch()  # a JVM that keeps none is not asked again
