"""Programmatic dependent launch: a kernel may be set up while the one before it still runs.

It waits, before it reads anything, until the one before it has ended; so it sees all that was written.
The first launch of a layer is an ordinary one and waits for whatever came before.
"""

from __future__ import annotations

import triton
import triton.language as tl
from triton.language.extra.cuda import gdc_launch_dependents, gdc_wait


@triton.jit
def begin(WAIT: tl.constexpr, RELEASE: tl.constexpr):
    """First in a kernel: WAIT for the launch before it, RELEASE the one after it."""
    if RELEASE:
        gdc_launch_dependents()
    if WAIT:
        gdc_wait()
