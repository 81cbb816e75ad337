"""Put before a process whose clock is ahead: libfaketime, told to leave timers alone, makes
`time.sleep` fail with EINVAL (Python sleeps until a moment of the monotonic clock, which it then
takes for one of the other). Without this the driver's monitors die, which no real clock does.
"""

import threading
import time


def _sleep(seconds: float) -> None:
    threading.Event().wait(seconds)


time.sleep = _sleep
