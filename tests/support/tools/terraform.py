"""Runs Terraform out of its shared library: terraform.py LIBRARY ARGUMENTS...

One command per process, as Terraform keeps state of its own in the process. Arguments are passed as
the bytes they came in. The library closes the two descriptors it writes to, so nothing may be printed
afterwards, and the process leaves at once with Terraform's own code.
"""

import signal

# Before anything else: an early Ctrl-C shall end the process, not print a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import ctypes  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

run = ctypes.CDLL(sys.argv[1]).RunCli
run.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
run.restype = ctypes.c_int
arguments = [os.fsencode(argument) for argument in sys.argv[2:]]
os._exit(run(len(arguments), (ctypes.c_char_p * len(arguments))(*arguments), 1, 2))
