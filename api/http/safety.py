"""What protects the people who use a browser: headers, known host names, and no changes on behalf of other sites."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.settings import Settings, is_loopback

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
"""Sent with every answer. No script or style inside a page ever runs."""
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Protect:
    """Middleware that adds the headers, and refuses unknown hosts and changes that other sites ask for."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not _goes_by(host, self.settings):
            says = f'The service does not go by the name "{host[:100]}".'
            await problems.response("wrong-host", says, scope)(scope, receive, send_with_headers)
        elif scope["method"] in CHANGING and (site := _other_site(headers, self.settings)):
            says = f"Pages of {site[:100]} may not change anything here."
            await problems.response("cross-origin", says, scope)(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)


def _goes_by(host: str, settings: Settings) -> bool:
    """Whether the service may be called by this name.

    Without keys, only names of this machine: a page on the internet whose name is made to lead to 127.0.0.1 (DNS
    rebinding) sends its own name here.
    """
    name = _name(host)
    if settings.hosts:
        return name in {known.casefold() for known in settings.hosts} or (settings.on_loopback and is_loopback(name))
    return settings.needs_key or is_loopback(name) or name == settings.host.casefold()


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").casefold()
    except ValueError:
        return ""


def _other_site(headers: Headers, settings: Settings) -> str | None:
    """The origin on whose behalf a browser asks, unless it is this service or was allowed; `None`: nobody's."""
    origin = headers.get("origin")
    if origin is None:
        # Browsers that send no Origin with a form still tell the site, since 2020-2023.
        return "another site" if headers.get("sec-fetch-site") in ("cross-site", "same-site") else None
    if origin in settings.cors_origins:
        return None
    if headers.get("sec-fetch-site") == "same-origin":
        return None
    try:
        own = urlsplit(origin).netloc.casefold() == headers.get("host", "").casefold()
    except ValueError:
        own = False
    return None if own else origin
