"""What schemathesis is told of the server that it meets: how to prove who it is, which things
exist, and what it must not touch. Loaded by it (`SCHEMATHESIS_HOOKS`); `test_documents.py`
hands the facts over in the environment.
"""

import json
import os
from urllib.parse import quote

import schemathesis
from schemathesis.core.parameters import ParameterLocation

from throw_away import TAKEN, ThrowAway

FACTS = json.loads(os.environ["GATELODGE_DOCUMENTS"])
# The realms that the run itself lives in: the administrator's, and the demo's.
PROTECTED = {"system", "default", FACTS.get("throw_away", {}).get("realm")}


@schemathesis.auth()
class Proof:
    """The proof that an operation asks for, by the name of its security scheme."""

    def get(self, case, context):
        # What is answered here is kept for every operation; `set` takes what it needs.
        return {
            "bearer": f"Bearer {FACTS['access_token']}",
            "client_secret_basic": FACTS["client_secret_basic"],
        }

    def set(self, case, data, context):
        security = case.operation.definition.raw.get("security") or []
        schemes = [name for one in security for name in one]
        if schemes:
            case.headers = {**(case.headers or {}), "Authorization": data[schemes[0]]}


@schemathesis.hook
def after_call(context, case, response):
    """Keeps which statuses an operation was answered with: a run in which nothing succeeds
    shows nothing."""
    operation = case.operation.definition.raw["operationId"]
    with open(FACTS["journal"], "a", encoding="utf-8") as journal:
        journal.write(f"{operation} {response.status_code}\n")


def filled(path, values):
    """A path under `/realms` with its parameters in it."""
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    return path.removeprefix("/admin/v1/realms")


if "throw_away" in FACTS:
    things = ThrowAway(**FACTS["throw_away"])
    turns = {}
    aimed = []

    @schemathesis.hook
    def before_call(context, case, kwargs):
        """Aims three of four well-formed requests at things that exist (ids that nobody made are
        404 whatever else is right), and none at a protected realm."""
        named = case.path_parameters or {}
        # It is told of some calls more than once.
        if "realm" not in named or (aimed and aimed[0] is case):
            return
        aimed[:] = [case]
        if str(named["realm"]).strip().lower() in PROTECTED:
            case.path_parameters = {**named, "realm": "elsewhere"}
        meta = case.meta
        if meta is None or meta.is_negative_at(ParameterLocation.PATH):
            return
        operation = case.operation.definition.raw["operationId"]
        turns[operation] = turns.get(operation, 0) + 1
        if turns[operation] % 4 == 0:
            return
        case.path_parameters = {**named, **things.named(operation, set(named))}
        if operation in TAKEN:
            things.give(filled(case.operation.path, case.path_parameters))
