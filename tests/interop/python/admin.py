"""The administrator: signs in through the admin port's own issuer, as any client would."""

import requests

from person import Person
from relying_party import Party


class Admin:
    """The admin API of one server, with an administrator's token."""

    def __init__(self, server):
        party = Party(server.admin_url, server.demo["admin_client"])
        tokens = party.sign_in(Person(server.demo["admin"]), scope="openid admin")
        self.token = tokens["access_token"]
        self._base = f"{server.admin_url}/admin/v1"
        self._headers = {"Authorization": f"Bearer {self.token}"}

    def create(self, path, **members):
        """Makes something under `/realms`."""
        answer = requests.post(
            f"{self._base}/realms{path}", json=members, headers=self._headers, timeout=60
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def first(self, path):
        """The first item of a list under `/realms`."""
        answer = requests.get(f"{self._base}/realms{path}", headers=self._headers, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"][0]

    def create_client(self, **metadata):
        """Registers a client in the default realm; its metadata has RFC 7591's names."""
        return self.create("/default/clients", **metadata)

    def patch_realm(self, change):
        """Changes the default realm (RFC 7396), on top of what it is now."""
        url = f"{self._base}/realms/default"
        before = requests.get(url, headers=self._headers, timeout=60)
        assert before.status_code == 200, before.text
        answer = requests.patch(
            url,
            json=change,
            headers={
                **self._headers,
                "Content-Type": "application/merge-patch+json",
                "If-Match": before.headers["ETag"],
            },
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
