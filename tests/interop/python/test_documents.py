"""Both OpenAPI documents against the real binary, by schemathesis: an answer that its document
does not describe is a fault of one of them.

The run is repeatable: one seed, no database of earlier finds, one worker. What the checks are is
in `documents.toml`.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys

import pytest
import requests

from admin import Admin
from gatelodge import Server
from person import Person
from relying_party import Party
from throw_away import PASSWORD

HERE = pathlib.Path(__file__).parent
REALM = "throw-away"
CLIENT = {
    "client_id": "visitor",
    "client_name": "Visitor",
    "redirect_uris": ["http://127.0.0.1:1/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "none",
}


# Operations that cannot succeed here, and why.
NEVER = {
    "read_audit_event": "positions of the house's trail are drawn, and nearly all are not there",
    "delete_factor": "setting up a factor takes its person, in a browser",
    "lift_throttle": "nobody has failed so often",
    "import_users": "left out: its body is lines of JSON",
    "stream_audit": "left out: a stream has no end",
    "stream_realm_audit": "left out: a stream has no end",
    "test_mail": "this house sends no mail",
    "send_password_reset": "this house sends no mail",
    "send_email_verification": "this house sends no mail",
    "create_key": "private keys are not drawn",
    "update_key": "where a key may go from where it is, no document can tell",
    "update_user": "which attributes there are, the realm's schema says, and it knows none here",
    "delete_mail_template": "there is one only after somebody wrote it",
    "delete_theme": "there is one only after somebody wrote it",
    "write_theme_logo": "its bytes are drawn, and hardly any are a picture",
    "read_theme_logo": "there is one only after somebody sent a picture",
    "delete_theme_logo": "there is one only after somebody sent a picture",
}


@pytest.fixture(scope="module")
def server():
    # More requests come within a minute than an administrator may make.
    running = Server(environment={"GATELODGE__LIMITS__ADMIN_REQUESTS_PER_MINUTE": "0"})
    yield running
    assert running.stop() == 0, "SIGTERM ends it gracefully"


def test_the_auth_port_answers_as_its_document_says(server, tmp_path):
    client = server.demo["confidential_client"]
    user = server.demo["user"]
    tokens = Party(server.issuer, client).session().fetch_token(
        f"{server.issuer}/oauth2/token", username=user["username"], password=user["password"]
    )
    conform(
        tmp_path,
        server.issuer,
        access_token=tokens["access_token"],
        client_secret_basic=basic(client["client_id"], client["client_secret"]),
    )


def test_the_admin_port_answers_as_its_document_says(server, tmp_path):
    admin = Admin(server)
    admin.create("", slug=REALM, name="Throw-away")
    admin.create(f"/{REALM}/users", username="visitor", password=PASSWORD)
    admin.create(f"/{REALM}/clients", **CLIENT)
    visitor = Party(f"{server.issuer}/realms/{REALM}", {**CLIENT, "redirect_uri": CLIENT["redirect_uris"][0]})
    visitor.sign_in(Person({"username": "visitor", "password": PASSWORD}))
    succeeded = conform(
        tmp_path,
        server.admin_url,
        access_token=admin.token,
        client_secret_basic=basic("nobody", "nothing"),
        throw_away={
            "admin_url": server.admin_url,
            "token": admin.token,
            "realm": REALM,
            "session": admin.first(f"/{REALM}/sessions")["id"],
            "grant": admin.first(f"/{REALM}/grants")["id"],
            "consent": {
                "user": admin.first(f"/{REALM}/users")["id"],
                "client": CLIENT["client_id"],
            },
        },
    )
    missed = administration(server) - succeeded - NEVER.keys()
    assert not missed, "no request to these was ever good, so little was seen of them"
    # Everything that the run lives on is as it was.
    assert admin.first("/default/users")
    assert admin.first("/system/users")["status"] == "active"


def administration(server):
    """Every operation of the admin API."""
    document = requests.get(f"{server.admin_url}/openapi.json", timeout=60).json()
    return {
        operation["operationId"]
        for path, item in document["paths"].items()
        if path.startswith("/admin/v1")
        for operation in item.values()
    }


def conform(folder, url, **facts):
    """Runs schemathesis; its report goes straight to the terminal. Answers which operations
    were answered with something other than an error at least once."""
    journal = folder / "journal"
    facts["journal"] = str(journal)
    environment = {
        **os.environ,
        "GATELODGE_DOCUMENTS": json.dumps(facts),
        "SCHEMATHESIS_HOOKS": str(HERE / "documents_hooks.py"),
        "PYTHONPATH": str(HERE),
    }
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    command = [program, "--config-file", HERE / "documents.toml", "run", f"{url}/openapi.json"]
    assert subprocess.run(command, cwd=folder, env=environment, check=False).returncode == 0
    lines = (line.split() for line in journal.read_text().splitlines())
    return {operation for operation, status in lines if status[0] in "23"}


def basic(client_id, secret):
    pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return f"Basic {pair}"
