"""A realm that may be changed and broken at will, with one of everything in it."""

import itertools

import requests

PASSWORD = "correct horse battery staple"


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
        return self._kept.get(name)

    def _once(self, fresh, name, make):
        if fresh:
            return make()
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    def _make_user(self):
        name = f"person-{next(self._number)}"
        return self._make(f"/{self.realm}/users", username=name, password=PASSWORD)["id"]

    def _make_client(self):
        name = f"client-{next(self._number)}"
        return self._make(
            f"/{self.realm}/clients", client_id=name, grant_types=["client_credentials"]
        )["client_id"]

    def _make(self, path, **members):
        answer = self._http.post(f"{self._base}{path}", json=members, timeout=10)
        assert answer.status_code == 201, answer.text
        return answer.json()
