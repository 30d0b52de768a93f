"""A realm that may be changed and broken at will, with one of everything in it."""

import itertools

import requests

PASSWORD = "correct horse battery staple"

# What is made by one request: the collection, and the member that names it.
NAMED = {
    "role": ("roles", "name"),
    "included": ("roles", "name"),
    "group": ("groups", "name"),
    "api": ("apis", "identifier"),
    "scope": ("scopes", "name"),
    "permission": ("permissions", "name"),
}
# Operations that take away what another one gave: the same path, put before.
TAKEN = {
    "unassign_role",
    "unassign_client_role",
    "unassign_group_role",
    "remove_member",
    "remove_role_permission",
    "exclude_role",
}


class ThrowAway:
    """Things for requests to name. What an operation deletes is made anew each time."""

    def __init__(self, admin_url, token, realm, session, grant, consent):
        self.realm = realm
        self._base = f"{admin_url}/admin/v1/realms"
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {token}"
        self._number = itertools.count(1)
        self._kept = {"session": session, "grant": grant}
        self._consent = consent

    def named(self, operation, parameters):
        """A value for each path parameter of that operation."""
        realm = self.realm
        if operation == "delete_realm":
            realm = self._make("", slug=f"{self.realm}-{next(self._number)}", name="Short-lived")["slug"]
        if operation == "withdraw_consent":
            return {"realm": realm, **self._consent}
        values = {"realm": realm}
        for name in parameters - {"realm"}:
            value = self._value(operation, name, values)
            if value is not None:
                values[name] = value
        return values

    def _value(self, operation, name, values):
        if name == "user":
            return self._once(operation == "delete_user", name, self._make_user)
        if name in ("client", "secret"):
            fresh = operation in ("delete_client", "delete_secret")
            values.setdefault("client", self._once(fresh, "client", self._make_client))
            if name == "client":
                return values["client"]
            return self._make(f"/{self.realm}/clients/{values['client']}/secrets")["id"]
        if name in NAMED:
            # A role that includes another one cannot be included by it as well.
            fresh = operation == f"delete_{name}" or operation in ("include_role", "exclude_role")
            return self._once(fresh, name, lambda: self._make_named(name))
        if name == "key":
            return self._once(False, name, lambda: self._first("keys"))
        if name == "position":
            return self._once(False, name, lambda: self._first("audit", "position"))
        return {"template": "password_reset", "language": "en"}.get(name) or self._kept.get(name)

    def _once(self, fresh, name, make):
        if fresh:
            return make()
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    def give(self, path):
        """Gives what the next request takes away."""
        self._http.put(f"{self._base}{path}", timeout=60)

    def _first(self, collection, member="id"):
        answer = self._http.get(f"{self._base}/{self.realm}/{collection}", timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"][0][member]

    def _make_named(self, name):
        collection, member = NAMED[name]
        text = f"thing-{next(self._number)}"
        members = {member: f"https://{text}.example" if name == "api" else text}
        if name == "api":
            members["name"] = text
        made = self._make(f"/{self.realm}/{collection}", **members)
        return text if name == "permission" else made["id"]

    def _make_user(self):
        name = f"person-{next(self._number)}"
        return self._make(f"/{self.realm}/users", username=name, password=PASSWORD)["id"]

    def _make_client(self):
        name = f"client-{next(self._number)}"
        return self._make(
            f"/{self.realm}/clients", client_id=name, grant_types=["client_credentials"]
        )["client_id"]

    def _make(self, path, **members):
        answer = self._http.post(f"{self._base}{path}", json=members, timeout=60)
        assert answer.status_code == 201, answer.text
        return answer.json()
