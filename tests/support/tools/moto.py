"""Runs moto's server until standard input closes, as emulator.py does with MiniStack."""

import os
import sys
import threading


def leave_with_the_parent():
    while os.read(0, 4096):
        pass
    os._exit(0)


threading.Thread(target=leave_with_the_parent, daemon=True).start()

from moto.server import main  # noqa: E402

main(["--host", "127.0.0.1", "--port", sys.argv[1]])
