"""Git repositories made for a test: a work tree, and the bare one that others fetch from."""

from __future__ import annotations

import functools
import http.server
import os
import ssl
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

TLS = Path(__file__).parent / "tls"


class Repository:
    """A repository with one branch, ``main``."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        self.bare = folder / "wine.git"
        subprocess.run(["git", "init", "--quiet", "--initial-branch=main", self.work], check=True, env=_ENVIRON)
        subprocess.run(
            ["git", "init", "--quiet", "--bare", "--initial-branch=main", self.bare], check=True, env=_ENVIRON
        )

    def git(self, *words: str) -> str:
        """A command in the work tree; what it printed."""
        done = subprocess.run(["git", *words], cwd=self.work, env=_ENVIRON, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str], *, tag: str = "") -> str:
        """Change files and publish that, with a tag; the commit."""
        for name, content in files.items():
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", tag or "a change")
        if tag:
            self.git("tag", tag)
        self.publish()
        return self.git("rev-parse", "HEAD")

    def publish(self) -> None:
        """Send all branches and tags to the bare repository."""
        self.git("push", "--quiet", "--force", "--all", str(self.bare))
        self.git("push", "--quiet", "--force", "--tags", str(self.bare))
        subprocess.run(["git", "update-server-info"], cwd=self.bare, env=_ENVIRON, check=True)


@contextmanager
def over_https(folder: Path, *, password: str = "") -> Iterator[str]:
    """The address of a server of a folder's files, for the time of a block; its certificate is of ``tls/authority.pem``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
    handler = functools.partial(_Files, directory=str(folder), password=password)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"https://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Files(http.server.SimpleHTTPRequestHandler):
    """Files, for those who know the password of ``me`` where there is one."""

    def __init__(self, *arguments: object, password: str, **named: object) -> None:
        self._wanted = f"Basic {b64encode(f'me:{password}'.encode()).decode()}" if password else None
        super().__init__(*arguments, **named)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if self._wanted and self.headers.get("Authorization") != self._wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="files"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


_ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "A Name"),
    **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "a@example.org"),
}
