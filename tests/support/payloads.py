"""Texts that would run, or fetch, or break out where a page took them for markup, code, a link or a template.

``boom(n)`` is what they would call; nothing answers to ``evil.invalid``.
"""

from __future__ import annotations

PAYLOADS = (
    "<img src=x onerror=boom(1)>",
    "<script>boom(2)</script>",
    "</script><script>boom(3)</script>",
    '"><svg/onload=boom(4)>',
    "'><details open ontoggle=boom(5)>",
    "javascript:boom(6)",
    "[a link](javascript:boom(7))",
    '![a picture](x"onerror="boom(8))',
    '<a href="javascript:boom(9)">a link</a>',
    '<iframe srcdoc="<script>parent.boom(10)</script>"></iframe>',
    "<svg><animate onbegin=boom(11) attributeName=x dur=1s>",
    '<math><mi//xlink:href="data:x,<script>boom(12)</script>">',
    "{{constructor.constructor('boom(13)')()}}",
    "${boom(14)}",
    "<%= boom(15) %>",
    "]]><script>boom(16)</script>",
    "--><script>boom(17)</script><!--",
    "<style>@import 'http://evil.invalid/18.css';</style>",
    "<link rel=stylesheet href=http://evil.invalid/19.css>",
    "<img src=http://evil.invalid/20.png>",
    '<object data="data:text/html,<script>boom(21)</script>"></object>',
    "<form action=javascript:boom(22)><button autofocus onfocus=boom(22)>go</button></form>",
    "<base href=http://evil.invalid/>",
    '<meta http-equiv=refresh content="0;url=http://evil.invalid/24">',
    "!!js/function 'function(){boom(25)}()'",
    '=HYPERLINK("http://evil.invalid/26","boom")',
    '{"__proto__":{"polluted":27}}',
    "__proto__",
    "constructor",
    "data:text/html,<script>boom(30)</script>",
    "\u202egnp.boom\u202c",
    "<template><script>boom(32)</script></template>",
    '<noscript><p title="</noscript><img src=x onerror=boom(33)>">',
    "&lt;img src=x onerror=boom(34)&gt;",
    "[a link][1] [1]: javascript:boom(35)",
    "<input autofocus onfocus=boom(36)>",
    "vbscript:boom(37)",
    '<b style="position:fixed;inset:0;background:url(http://evil.invalid/38)" onpointerenter=boom(38)>x</b>',
    "<https://evil.invalid/39>",
    "`+boom(40)+`",
)

HTML = (
    f"<!doctype html><title>boom</title><body>{''.join(PAYLOADS)}"
    "<script>try { parent.boom(90); } catch {} try { top.location = 'http://evil.invalid/90'; } catch {}</script>"
)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" onload="boom(91)"><script>boom(92)</script>'
    '<image href="http://evil.invalid/93.png"/><foreignObject>'
    '<iframe xmlns="http://www.w3.org/1999/xhtml" src="javascript:parent.boom(94)"/></foreignObject></svg>'
)
NOTE = "\n\n".join(PAYLOADS)
