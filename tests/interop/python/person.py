"""A person at a browser without script: cookies, redirects, and forms filled in."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

LONGEST_WAY = 12


class Stuck(AssertionError):
    """A page that led no further: an error page, or one with nothing left to do."""

    def __init__(self, answer, why):
        super().__init__(f"{why}: {answer.status_code} at {answer.url}\n{answer.text[:2000]}")
        self.status = answer.status_code


class _FirstPostForm(HTMLParser):
    """The first form with method post: on any page it is the main task."""

    def __init__(self):
        super().__init__()
        self.action = None
        self.fields = []
        self.buttons = []
        self._state = "before"

    @property
    def found(self):
        return self._state != "before"

    def handle_starttag(self, tag, attrs):
        attrs = {name: value or "" for name, value in attrs}
        if tag == "form" and self._state == "before" and attrs.get("method", "").lower() == "post":
            self._state = "inside"
            self.action = attrs.get("action", "")
        elif self._state == "inside" and tag in ("input", "button") and "disabled" not in attrs:
            kind = attrs.get("type", "submit" if tag == "button" else "text").lower()
            if kind == "submit":
                self.buttons.append(attrs)
            elif kind not in ("button", "reset"):
                self.fields.append({**attrs, "type": kind})

    def handle_endtag(self, tag):
        if tag == "form" and self._state == "inside":
            self._state = "after"

    def fill(self, values, decision):
        pairs = []
        for field in self.fields:
            name = field.get("name")
            if name is None:
                continue
            if field["type"] in ("checkbox", "radio"):
                if "checked" in field:
                    pairs.append((name, field.get("value", "on")))
            else:
                pairs.append((name, values.get(name, field.get("value", ""))))
        chosen = [
            button
            for button in self.buttons
            if (button.get("name"), button.get("value")) == ("decision", decision)
        ] or self.buttons[:1]
        pairs += [(button["name"], button.get("value", "")) for button in chosen if "name" in button]
        return pairs


class Person:
    """One browser profile."""

    def __init__(self, account):
        self.values = {"username": account["username"], "password": account["password"]}
        self.filled = []
        self._browser = requests.Session()
        self._browser.headers["Accept"] = "text/html"

    def met(self, field):
        """Whether a form with this field was met."""
        return any(field in names for names in self.filled)

    def go(self, url, destination, decision="allow"):
        """Opens `url`, fills in whatever form comes, and follows redirects until one leads to
        `destination`. Answers that address, which is not itself opened."""
        answer = self._browser.get(url, allow_redirects=False)
        last = None
        for _ in range(LONGEST_WAY):
            if answer.is_redirect:
                following = urljoin(answer.url, answer.headers["Location"])
                if _place(following) == _place(destination):
                    return following
                answer = self._browser.get(following, allow_redirects=False)
                continue
            if answer.status_code != 200:
                raise Stuck(answer, "refused")
            form = _FirstPostForm()
            form.feed(answer.text)
            if not form.found:
                raise Stuck(answer, "no form to fill in")
            names = [item["name"] for item in form.fields + form.buttons if "name" in item]
            if names == last:
                raise Stuck(answer, "the same form came again")
            last = names
            self.filled.append(names)
            answer = self._browser.post(
                urljoin(answer.url, form.action),
                data=form.fill(self.values, decision),
                allow_redirects=False,
            )
        raise Stuck(answer, "too many steps")


def _place(url):
    parts = urlsplit(url)
    return parts.scheme, parts.netloc, parts.path
