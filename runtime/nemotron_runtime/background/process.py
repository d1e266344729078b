"""A process that is told from a later one with the same number by when it started."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STATE, _GROUP, _STARTED = 0, 2, 19
"""Places in /proc/PID/stat, counted behind the name (proc(5): 3, 5 and 22)."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process of this machine.

    Attributes:
        started_ticks: From the machine's start to the process's, in clock ticks.
        boot: The machine's start, as the kernel names it.
    """

    pid: int
    started_ticks: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> Process:
        """The process that has this number now.

        Raises:
            ProcessLookupError: None has.
        """
        return cls(pid, int(_fields(pid)[_STARTED]), _boot())

    @property
    def alive(self) -> bool:
        """Whether it runs; one that has ended and was not collected by its parent does not."""
        try:
            fields = _fields(self.pid)
        except ProcessLookupError:
            return False
        same = (int(fields[_STARTED]), _boot()) == (self.started_ticks, self.boot)
        return same and fields[_STATE] not in ("Z", "X")

    @property
    def uptime_s(self) -> float:
        """Seconds since it started, whatever became of the wall clock."""
        now_s = float(Path("/proc/uptime").read_text().split()[0])
        return max(0.0, now_s - self.started_ticks / os.sysconf("SC_CLK_TCK"))

    def send(self, number: signal.Signals) -> bool:
        """Sends a signal; False where the process is gone. A stranger with its number gets none."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return False
        try:
            if not self.alive:  # the handle holds the number from here on
                return False
            signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)
        return True

    def kill_group(self) -> None:
        """Kills it and what it started, where it leads a group of its own."""
        if self.alive and int(_fields(self.pid)[_GROUP]) == self.pid:
            os.killpg(self.pid, signal.SIGKILL)
        else:
            self.send(signal.SIGKILL)


def _fields(pid: int) -> list[str]:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        raise ProcessLookupError(f"no process {pid}") from None
    return stat.rpartition(")")[2].split()


def _boot() -> str:
    return _BOOT.read_text().strip()
