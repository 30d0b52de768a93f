"""aiosmtpd catches the real mails: each way of protecting the connection, and a server that is
down for a while."""

import email
import email.policy
import re
import ssl
import subprocess
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
import pytest
import requests

from admin import Admin
from gatelodge import Server, free_port

ADDRESS = "ada@example.org"
PATIENCE = 180


class Catcher:
    """Keeps what it is given."""

    def __init__(self):
        self.mails = []
        self.encrypted = []
        self.signed_in = []

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.rcpt_tos, mail))
        self.encrypted.append(session.ssl is not None)
        self.signed_in.append(session.authenticated)
        return "250 caught"

    def wait(self, count=1):
        deadline = time.monotonic() + PATIENCE
        while len(self.mails) < count:
            assert time.monotonic() < deadline, f"{len(self.mails)} of {count} mails"
            time.sleep(0.05)
        return self.mails[-1]


class Implicit(Controller):
    """TLS from the first byte."""


class StartTls(Controller):
    """STARTTLS, which must come first, then a name and a password."""

    def factory(self):
        return SMTP(self.handler, **self.SMTP_kwargs)


def authenticator(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (b"gatelodge", b"a relay's password")
    return AuthResult(success=good, handled=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A certificate of its own making for `localhost`."""
    folder = tmp_path_factory.mktemp("ca")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", str(key), "-out", str(certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


def mail_settings(port, **members):
    settings = {
        "transport": "smtp", "host": "localhost", "port": port,
        "from": "no-reply@id.example", "timeout_seconds": 20, **members,
    }
    return {f"GATELODGE__MAIL__{name.upper()}": str(value) for name, value in settings.items()}


def with_address(server):
    """The demonstration's person gets an address; answers how the admin API names them."""
    admin = Admin(server)
    username = server.demo["user"]["username"]
    user = admin.first(f"/default/users?username_prefix={username}")
    answer = requests.patch(
        f"{server.admin_url}/admin/v1/realms/default/users/{user['id']}",
        json={"email": ADDRESS, "email_verified": True},
        headers={"Authorization": f"Bearer {admin.token}", "Content-Type": "application/merge-patch+json"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text


def ask_for_a_link(server, name):
    browser = requests.Session()
    page = browser.get(f"{server.issuer}/recover", timeout=60)
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text).group(1)
    answer = browser.post(
        f"{server.issuer}/recover", data={"username": name, "csrf": csrf}, timeout=60
    )
    assert answer.status_code == 200, answer.text


def reset(link):
    """Looks at the link and then spends it."""
    assert requests.get(link, timeout=60).status_code == 200
    answer = requests.post(link, data={"password": "five unusual batteries stapled"}, timeout=60)
    assert answer.status_code == 200, answer.text


def link_in(mail):
    text = mail.get_body(("plain",)).get_content()
    return re.search(r"http\S+/recover/\S+", text).group(0)


def test_a_link_comes_over_starttls_with_a_password(authority):
    certificate, context = authority
    catcher = Catcher()
    controller = StartTls(
        catcher, hostname="localhost", port=free_port(), tls_context=context,
        require_starttls=True, authenticator=authenticator, auth_required=True,
    )
    controller.start()
    settings = mail_settings(
        controller.port, tls="starttls", ca_file=certificate,
        username="gatelodge", password="a relay's password",
    )
    server = Server(environment=settings)
    try:
        with_address(server)
        ask_for_a_link(server, server.demo["user"]["username"])
        recipients, mail = catcher.wait()
        assert recipients == [ADDRESS]
        assert (catcher.encrypted, catcher.signed_in) == ([True], [True])
        assert mail["From"].endswith("<no-reply@id.example>")
        assert mail["Auto-Submitted"] == "auto-generated"
        html = mail.get_body(("html",)).get_content()
        for remote in ("src=", "url(", "<script", "<link"):
            assert remote not in html
        link = link_in(mail)
        assert link in html
        reset(link)
        _, word = catcher.wait(2)
        assert "was changed" in word["Subject"]
        assert link.rsplit("/", 1)[1] not in server.log()
        assert ADDRESS not in server.log()
    finally:
        controller.stop()
        assert server.stop() == 0


def test_a_link_comes_over_implicit_tls(authority):
    certificate, context = authority
    catcher = Catcher()
    controller = Implicit(catcher, hostname="localhost", port=free_port(), ssl_context=context)
    controller.start()
    server = Server(
        environment=mail_settings(controller.port, tls="implicit", ca_file=certificate)
    )
    try:
        with_address(server)
        ask_for_a_link(server, ADDRESS)
        _, mail = catcher.wait()
        reset(link_in(mail))
    finally:
        controller.stop()
        assert server.stop() == 0


def test_nothing_is_said_to_a_server_that_cannot_be_trusted(authority):
    _, context = authority
    catcher = Catcher()
    controller = Implicit(catcher, hostname="localhost", port=free_port(), ssl_context=context)
    controller.start()
    server = Server(environment=mail_settings(controller.port, tls="implicit"))
    try:
        with_address(server)
        ask_for_a_link(server, ADDRESS)
        deadline = time.monotonic() + PATIENCE
        while "a mail could not be sent yet" not in server.log():
            assert time.monotonic() < deadline, server.log()
            time.sleep(0.1)
        assert catcher.mails == []
    finally:
        controller.stop()
        assert server.stop() == 0


def test_starttls_is_demanded_and_not_only_offered():
    catcher = Catcher()
    controller = Controller(catcher, hostname="localhost", port=free_port())
    controller.start()
    server = Server(environment=mail_settings(controller.port, tls="starttls"))
    try:
        with_address(server)
        ask_for_a_link(server, ADDRESS)
        deadline = time.monotonic() + PATIENCE
        while "a mail could not be sent yet" not in server.log():
            assert time.monotonic() < deadline, server.log()
            time.sleep(0.1)
        assert catcher.mails == []
    finally:
        controller.stop()
        assert server.stop() == 0


def test_a_server_that_was_down_gets_the_mail_once_it_is_up():
    catcher = Catcher()
    port = free_port()
    server = Server(environment=mail_settings(port, tls="none"))
    try:
        with_address(server)
        ask_for_a_link(server, ADDRESS)
        deadline = time.monotonic() + PATIENCE
        while "a mail could not be sent yet" not in server.log():
            assert time.monotonic() < deadline, server.log()
            time.sleep(0.1)
        controller = Controller(catcher, hostname="localhost", port=port)
        controller.start()
        try:
            _, mail = catcher.wait()
            reset(link_in(mail))
            catcher.wait(2)
            assert len(catcher.mails) == 2, "each of them once"
        finally:
            controller.stop()
    finally:
        assert server.stop() == 0
