"""A real gatelodge in demo mode: its own data folder, free ports, gone when the tests are."""

import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import requests

READY_WITHIN = 120
STOPPED_WITHIN = 60


_asked = itertools.count()


def free_port():
    """A free port below those that outgoing connections take (32,768 on Linux), so that nobody has
    it when the server comes, or comes back.

    This process asks for each of them once, and processes one after the other begin far from each
    other.
    """
    while True:
        port = 12_000 + (os.getpid() * 7_919 + next(_asked)) % 20_000
        with socket.socket() as probe:
            # As servers do: what lingers of an earlier connection keeps nobody out.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def settled():
    """Waits until what was done at one node holds at every other.

    One server alone holds to it at once, and then there is nothing to wait for (cargo xtask
    cluster sets the variable).
    """
    time.sleep(int(os.environ.get("GATELODGE_SETTLED_AFTER_MS", "0")) / 1000)


class Server:
    """`issuer`, `admin_url` and `demo`, which is demo.json."""

    def __init__(self, binary=None, environment=None):
        binary = binary or os.environ.get("GATELODGE_BINARY")
        if not binary:
            raise RuntimeError(
                "GATELODGE_BINARY must name the gatelodge binary (cargo xtask interop sets it)"
            )
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gatelodge-interop-"))
        auth, admin = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [
                binary, "serve", "--demo", "--data-dir", str(self.folder),
                "--auth-listen", auth, "--admin-listen", admin,
            ],
            cwd=self.folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        try:
            self._wait_until_ready(auth)
        except BaseException:
            self.stop()
            raise
        self.demo = json.loads((self.folder / "demo.json").read_text())
        self.issuer = self.demo["issuer"]
        self.admin_url = self.demo["admin_url"]

    def _wait_until_ready(self, listen):
        deadline = time.monotonic() + READY_WITHIN
        while True:
            if self._process.poll() is not None:
                raise RuntimeError(f"gatelodge exited with {self._process.returncode}:\n{self.log()}")
            try:
                if requests.get(f"http://{listen}/readyz", timeout=5).status_code == 200:
                    return
            except requests.RequestException:
                pass
            if time.monotonic() > deadline:
                raise RuntimeError(f"gatelodge was not ready in time:\n{self.log()}")
            time.sleep(0.05)

    def log(self):
        """What it has written so far."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def stop(self):
        """Ends it as a service manager would; answers its exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOPPED_WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        return self._process.returncode
