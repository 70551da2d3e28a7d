"""The frame that HTML out of files is shown in: a document of ours, of an origin of its own, that is given the text by a message.

User content is never HTML of our origin, so no address answers with it. The document writes what it is given into itself, and
its policy goes on to hold: styles inside the text apply, nothing is fetched, and scripts run only where somebody asked for
them, without a cookie, a storage or the page around. ``frame-ancestors`` takes the place of ``x-frame-options`` in browsers.
"""

from __future__ import annotations

import base64
import hashlib

from modelyard.core.wire.endpoint import Endpoint, Need
from modelyard.core.wire.messages.message import Empty
from modelyard.server.routing import Direct, Route
from modelyard.web.request import Request

_TAKE = (
    'addEventListener("message",(event)=>{if(event.source!==parent)return;%s;document.open();document.write(text);'
    'document.close()});parent.postMessage("ready","*")'
)
# What the policy would not run is left out beforehand, so that a browser has nothing to complain of.
_BARE = (
    'const quiet=event.data.replace(/<[a-z][^>]*>/gi,(tag)=>tag.replace(/([\\s"\'\\/])on[a-z]+\\s*=/gi,"$1data-was="));'
    'const page=new DOMParser().parseFromString(quiet,"text/html");'
    'for(const each of page.querySelectorAll("script"))each.remove();'
    "const text=`<!doctype html>${page.documentElement.outerHTML}`"
)
_SCRIPT = _TAKE % _BARE
_SCRIPT_AS_IT_IS = _TAKE % "const text=event.data"
_SHA256 = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_OURS_ALONE = f"'sha256-{_SHA256}'"
_ITS_OWN = "'unsafe-inline' 'unsafe-eval' data: blob:"
_HTML = b"text/html; charset=utf-8"


def _document(script: str) -> bytes:
    head = f'<meta charset="utf-8"><title>A file</title><script>{script}</script>'
    return f'<!doctype html><html lang="en"><head>{head}</head></html>'.encode()


def _policy(scripts: str) -> bytes:
    return (
        f"content-security-policy: sandbox allow-scripts; default-src 'none'; script-src {scripts}; style-src 'unsafe-inline';"
        " img-src data: blob:; font-src data:; media-src data: blob:; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'self'\r\ncache-control: no-cache\r\n"
    ).encode()


def _row(verb: str, path: str) -> Endpoint:
    return Endpoint(
        name=f"pages.{verb}",
        methods=("GET",),
        path=path,
        request=Empty,
        reply=Empty,
        need=Need.PUBLIC,
        on="server:",
        scope="",
        prefixes=("",),
    )


FRAMES = (_row("frame", "/frame"), _row("frame_scripts", "/frame/scripts"))
"""Rows of the server beside the endpoint table, as the pages are."""

_ANSWERS = {
    "pages.frame": (_document(_SCRIPT), _policy(_OURS_ALONE)),
    "pages.frame_scripts": (_document(_SCRIPT_AS_IT_IS), _policy(_ITS_OWN)),
}


def direct() -> dict[str, Direct]:
    """Row name → what answers it."""
    return dict.fromkeys(_ANSWERS, _answer)


def _answer(request: Request, route: Route) -> None:
    document, policy = _ANSWERS[route.endpoint.name]
    request.reply(200, document, content_type=_HTML, policy=policy)
