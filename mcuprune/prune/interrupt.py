"""Ctrl-C while a model trains: the first ends the training and keeps the best so far, the second ends the program."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Whether somebody asked to stop; a training looks at it after each step."""

    asked = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take Ctrl-C within the block.  Where signals are not ours to take, in another thread, it stays as it was."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._take)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def check(self) -> None:
        """End the program now, where nothing so far is worth keeping."""
        if self.asked:
            raise KeyboardInterrupt

    def _take(self, number: int, frame: FrameType | None) -> None:
        self.check()
        self.asked = True
