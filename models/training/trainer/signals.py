"""Ends programs in good order on SIGTERM."""
import signal


class StopFlag:
    """Becomes true at SIGTERM: long loops ask it, save and end."""

    def __init__(self):
        self.raised = False
        signal.signal(signal.SIGTERM, self._raise)

    def _raise(self, *_):
        self.raised = True

    def __call__(self):
        return self.raised
