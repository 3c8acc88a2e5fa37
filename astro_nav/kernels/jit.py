"""The one decorator of all kernels.

Compiled code is cached in a folder named after a hash of all kernel files and the numba and NumPy versions. Numba
itself looks only at the file that holds the kernel, so editing an inlined function in another file would go on serving
the old machine code; with the hash in the folder's name it cannot. The folder is in the user's cache directory, never in
the installed package, which may be read-only; for a user without a directory it is among the temporary files.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import numba
import numpy as np

# No flag that assumes away NaN or infinity: a scan may hold both.
FAST_FLAGS = {"contract", "reassoc", "nsz", "arcp", "afn"}


def compute_kernel_hash() -> str:
    """Hash of the source of all kernels and of what compiles them, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    digest.update(f"{numba.__version__} {np.__version__} {os.environ.get('NUMBA_BOUNDSCHECK', '')}".encode())
    return digest.hexdigest()[:16]


def _choose_cache_folder() -> str:
    base = os.environ.get("ASTRO_NAV_CACHE_DIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "astro_nav"
    )
    folder = os.path.join(base, "kernels", compute_kernel_hash())
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:
        pass  # what counts is asked next
    if not os.access(folder, os.W_OK):
        folder = os.path.join(tempfile.gettempdir(), f"astro_nav_{os.getuid()}", "kernels", compute_kernel_hash())
    return folder


CACHE_FOLDER = _choose_cache_folder()


def kernel(function=None, *, fast: bool = False, inlined: bool = False):
    """Compile a kernel: cached, without the interpreter lock, NumPy's rules for division by zero.

    Args:
        function: the function to compile.
        fast: let LLVM reorder float arithmetic so that loops vectorize; results stay the same from run to run on the
            same machine, but may differ in the last bits between machines.
        inlined: put it into every kernel that calls it, however long it is; a loop that calls something does not vectorize.

    Returns:
        The compiled dispatcher.
    """
    if function is None:
        return lambda real_function: kernel(real_function, fast=fast, inlined=inlined)
    numba.config.CACHE_DIR = CACHE_FOLDER
    # Numba keeps code apart by the path of the source, and the same file is reached by several: a checkout, and the link to it
    # in an installed workspace. Tests, demo and nodes would each compile everything for themselves.
    code = function.__code__
    function.__code__ = code.replace(co_filename=os.path.realpath(code.co_filename))
    return numba.njit(
        cache=True, nogil=True, error_model="numpy", fastmath=FAST_FLAGS if fast else False, forceinline=inlined
    )(function)
