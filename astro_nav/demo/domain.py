"""A ROS domain of one's own, so that two demos and a colleague's robot never mix.

DDS maps a domain to UDP ports: 7400 + 250 * domain for discovery by multicast, and from 10 ports above it two for every
participant (OMG DDSI-RTPS 2.5, section 9.6.2.3). A domain is free when no socket of this machine sits on its ports and no
other demo holds its lock file. The lock closes the gap between looking and the first participant's start.
"""

from __future__ import annotations

import fcntl
import os
import random
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from astro_nav.errors import AstroNavError

# Above 101 a domain's ports fall into the range from which Linux hands out ports to everybody (32768 and up).
FIRST_DOMAIN, LAST_DOMAIN = 1, 101
LARGEST_DOMAIN = 232
PORT_BASE, PORTS_PER_DOMAIN = 7400, 250
DOMAIN_VARIABLE = "ROS_DOMAIN_ID"

# Who may be found: this machine alone. The other names could widen that again.
DISCOVERY_ENVIRONMENT = {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
WIDENING_VARIABLES = ("ROS_STATIC_PEERS", "ROS_LOCALHOST_ONLY", "ROS_DISCOVERY_SERVER")


class DomainError(AstroNavError):
    """No ROS domain can be had."""


@dataclass
class ReservedDomain:
    """A domain that nobody else on this machine takes while this object lives.

    Attributes:
        number: the domain.
        note: one sentence when something is odd about it, else "".
    """

    number: int
    note: str = ""
    _lock: TextIO | None = None

    def release(self) -> None:
        """Let others have it."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def reserve_domain(environment: Mapping[str, str], seed: int | None = None) -> ReservedDomain:
    """Take the domain that ROS_DOMAIN_ID names, or else a free one.

    Args:
        environment: of this process.
        seed: of the order in which domains are tried; None = another one every time.

    Raises:
        DomainError: ROS_DOMAIN_ID is no domain, or all domains are taken.
    """
    wanted = environment.get(DOMAIN_VARIABLE, "").strip()
    folder = find_lock_folder(environment)
    if wanted:
        number = _parse_domain(wanted)
        lock = _lock_domain(folder, number)
        if lock is None or find_used_ports(number):
            return ReservedDomain(
                number, f"{DOMAIN_VARIABLE} = {number} is in use on this machine: unset it, and the demo takes a free one", lock
            )
        return ReservedDomain(number, "", lock)
    numbers = list(range(FIRST_DOMAIN, LAST_DOMAIN + 1))
    random.Random(seed).shuffle(numbers)
    for number in numbers:
        lock = _lock_domain(folder, number)
        if lock is None:
            continue
        if not find_used_ports(number):
            return ReservedDomain(number, "", lock)
        lock.close()
    raise DomainError(
        f"all ROS domains from {FIRST_DOMAIN} to {LAST_DOMAIN} are in use on this machine: end a demo, or set {DOMAIN_VARIABLE}"
    )


def make_discovery_environment(environment: Mapping[str, str], domain: int) -> dict[str, str]:
    """Return a copy of the environment in which ROS processes find each other in `domain` on this machine alone."""
    kept = {name: value for name, value in environment.items() if name not in WIDENING_VARIABLES}
    return {**kept, **DISCOVERY_ENVIRONMENT, DOMAIN_VARIABLE: str(domain)}


def find_used_ports(domain: int, tables: tuple[str, ...] = ("/proc/net/udp", "/proc/net/udp6")) -> list[int]:
    """Return the UDP ports of a domain on which a socket of this machine sits, in ascending order."""
    first = PORT_BASE + PORTS_PER_DOMAIN * domain
    used = set()
    for table in tables:
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:  # no IPv6, for instance
            continue
        for line in lines:
            port = int(line.split()[1].rsplit(":", 1)[1], 16)
            if first <= port < first + PORTS_PER_DOMAIN:
                used.add(port)
    return sorted(used)


def find_lock_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of this user's lock files, made when it does not exist."""
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    base = Path(runtime) if runtime and os.access(runtime, os.W_OK) else Path(tempfile.gettempdir())
    folder = base / f"astro_nav-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise DomainError(f"{folder} belongs to another user: remove it, or set XDG_RUNTIME_DIR to a folder of your own")
    return folder


def _parse_domain(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > LARGEST_DOMAIN:
        raise DomainError(
            f"{DOMAIN_VARIABLE} = {text!r} is not a whole number from 0 to {LARGEST_DOMAIN}: "
            "correct it, or unset it and the demo takes a free domain"
        )
    return int(text)


def _lock_domain(folder: Path, number: int) -> TextIO | None:
    """Hold the lock file of a domain until the returned file is closed; None when somebody else holds it."""
    # O_CLOEXEC (Python's default) keeps children from holding the lock on after us.
    lock = open(folder / f"domain_{number}.lock", "w", encoding="ascii")  # noqa: SIM115 - open is what holds the lock
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock
