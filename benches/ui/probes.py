"""What is run inside a page: the same for every system."""

from __future__ import annotations

_SEEN = """
() => new Promise((done) => {
  const until = performance.now() + SECONDS * 1000;
  const look = () => {
    let there = false;
    try { there = Boolean(WHAT); } catch { there = false; }
    if (there) requestAnimationFrame(() => done(performance.now()));
    else if (performance.now() > until) done(null);
    else requestAnimationFrame(look);
  };
  look();
})
"""

CLICK = """
(selector) => {
  const found = document.querySelector(selector);
  const now = performance.now();
  found.click();
  return now;
}
"""
"""Clicks what a selector finds; the page's clock just before."""

SCROLL = """
({ selector, step, frames }) => new Promise((done) => {
  const box = document.querySelector(selector);
  const taken = [];
  let before = 0, way = step, travelled = 0;
  const move = (now) => {
    if (before) taken.push(now - before);
    before = now;
    if (taken.length === frames) return done({ taken, travelled });
    const top = box.scrollTop;
    box.scrollTop = top + way;
    if (box.scrollTop === top) { way = -way; box.scrollTop = top + way; }
    travelled += Math.abs(box.scrollTop - top);
    requestAnimationFrame(move);
  };
  requestAnimationFrame(move);
})
"""
"""Scrolls an element by a step a frame, back where it ends, and notes the time between frames."""

NODES = "() => document.querySelectorAll('*').length"
"""Elements of the document."""


def seen(what: str, seconds: float) -> str:
    """A function that waits until an expression is true, looked at once a frame; the page's clock one frame later, or null."""
    return _SEEN.replace("SECONDS", f"{seconds:g}").replace("WHAT", what)
