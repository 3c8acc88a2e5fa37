"""Who may look, and who may move the robot.

A page from anywhere may run in the browser of somebody who sits beside the robot, and it reaches whatever that browser reaches. So
- a name in `Host` that is not this machine's is refused: DNS rebinding makes a foreign name point here;
- what changes something is taken only from the viewer's own page: `Origin` must be the address that was asked, the content JSON;
- a stream is not opened for foreign pages, either, and no page may frame the viewer and lead clicks astray;
- beyond the loopback address everything needs a token that nobody can guess.
Source: Fetch standard (Origin header), W3C Fetch Metadata (Sec-Fetch-Site), OWASP CSRF prevention cheat sheet.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

LOCAL_NAMES = frozenset({"localhost"})
OWN_SITES = frozenset({"same-origin", "none"})
TOKEN_BYTES = 16
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Access:
    """Rules of one server.

    Attributes:
        token: in every path; empty on the loopback address.
        names: of this machine, in lower case.
    """

    token: str = ""
    names: frozenset[str] = field(default=LOCAL_NAMES)

    @property
    def base_path(self) -> str:
        """What every path begins with."""
        return f"/{self.token}/" if self.token else "/"

    def strip_token(self, path: str) -> str | None:
        """The path behind the token, None without the right one."""
        if not self.token:
            return path.lstrip("/")
        token, _, rest = path.lstrip("/").partition("/")
        return rest if hmac.compare_digest(token.encode(), self.token.encode()) else None

    def refuse_reading(self, headers: Mapping[str, str], is_page: bool) -> str:
        """Why a request may not read; empty when it may.

        Args:
            headers: of the request.
            is_page: whether it is for the page itself, to which links from elsewhere may lead.
        """
        if problem := self._refuse_host(headers):
            return problem
        if is_page:
            return ""
        if headers.get("Origin") and not self._is_own(headers):
            return f"pages of {headers['Origin']} may not watch the robot"
        if headers.get("Sec-Fetch-Site", "none") not in OWN_SITES:
            return "pages from elsewhere may not watch the robot"
        return ""

    def refuse_command(self, headers: Mapping[str, str]) -> str:
        """Why a request may not move the robot; empty when it may."""
        if problem := self._refuse_host(headers):
            return problem
        if not self._is_own(headers) or headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return "the robot takes goals from the viewer's own page alone; from a script, use the action navigate_to_pose"
        if headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            return "goals are sent as application/json"
        return ""

    def _is_own(self, headers: Mapping[str, str]) -> bool:
        return headers.get("Origin", "").lower() == f"http://{headers.get('Host', '')}".lower()

    def _refuse_host(self, headers: Mapping[str, str]) -> str:
        host = headers.get("Host", "")
        name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
        if name.lower() in self.names:
            return ""
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return f"this is not {name[:80] or 'a server without a name'}: use the address that astro-nav view has printed"
        # An address cannot be rebound. Where there is no token, only those of this machine are in order.
        return "" if self.token or address.is_loopback else f"this is not {name}: use the address that astro-nav view has printed"


def make_access(is_loopback: bool) -> Access:
    """Rules for a server on the loopback address, or on one that others reach."""
    if is_loopback:
        return Access()
    own = socket.gethostname().lower()
    return Access(secrets.token_urlsafe(TOKEN_BYTES), LOCAL_NAMES | {own, f"{own.partition('.')[0]}.local", socket.getfqdn().lower()})
