"""Runs MiniStack until standard input closes.

The test process holds the other end of the pipe. However it ends, killed included, the pipe closes and
the emulator goes with it: no port and no process stays behind.
"""

import os
import sys
import threading


def leave_with_the_parent():
    while os.read(0, 4096):
        pass
    os._exit(0)


threading.Thread(target=leave_with_the_parent, daemon=True).start()
sys.argv = ["ministack"]

from ministack.app import main  # noqa: E402

main()
