"""A client of the hub's public interface: the standard library's HTTP with one kept connection a thread."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from hub.demo.errors import Unable

TIMEOUT_SECONDS = 60
PAGE = 200


class Answered(Exception):
    """The hub refused; `status` and `problem` are its own words."""

    def __init__(self, method: str, path: str, status: int, problem: Mapping[str, Any]) -> None:
        errors = "; ".join(f"{e.get('field')}: {e.get('en')}" for e in problem.get("errors", ()))
        super().__init__(f"{method} {path}: {status} {problem.get('code', '')} {errors}".strip())
        self.status = status
        self.problem = problem


class Api:
    """Speaks to the hub with one API key. Thread-safe."""

    def __init__(self, url: str, key: str) -> None:
        self._host = urlsplit(url).netloc
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        self._local = threading.local()
        self._opened: list[http.client.HTTPConnection] = []

    def get(self, path: str, **query: str | int | None) -> Any:
        """Return the JSON at a path. Raises Answered, or Unable when the hub is gone."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._json("GET", f"{path}?{urlencode(given)}" if given else path, None, {})

    def raw(self, path: str, accept: str) -> bytes:
        """Return the bytes at a path in a format of its own. Raises Answered or Unable."""
        return self._call("GET", path, None, {"Accept": accept})

    def pages(self, path: str, **query: str | int | None) -> Iterator[dict[str, Any]]:
        """Yield the items of all pages of a list."""
        cursor = None
        while True:
            page = self.get(path, cursor=cursor, limit=PAGE, **query)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> Any:
        """Post a JSON body, under an Idempotency-Key where the path wants one."""
        return self._json("POST", path, body, {} if key is None else {"Idempotency-Key": key})

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Put a JSON body."""
        return self._json("PUT", path, body, {})

    def close(self) -> None:
        """Close the connections of all threads; each opens anew when it is used again."""
        for connection in self._opened:
            connection.close()

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None, headers: dict[str, str]) -> Any:
        data = None
        if body is not None:
            data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            headers = {**headers, "Content-Type": "application/json"}
        return json.loads(self._call(method, path, data, headers))

    def _call(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> bytes:
        # A kept connection may have been closed meanwhile. Everything sent here may be sent twice: reads, a
        # time to set, and posts that carry their Idempotency-Key.
        for last in (False, True):
            connection = self._connection()
            try:
                connection.request(method, path, data, {**self._headers, **headers})
                response = connection.getresponse()
                content = response.read()
            except (http.client.HTTPException, OSError) as error:
                connection.close()
                if last:
                    raise Unable(
                        f"the hub does not answer ({type(error).__name__}); see hub.log in the folder"
                    ) from error
                continue
            if response.status >= 400:
                raise Answered(method, path.partition("?")[0], response.status, _problem(content))
            return content
        raise AssertionError("the loop returns or raises")

    def _connection(self) -> http.client.HTTPConnection:
        found: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if found is None:
            found = http.client.HTTPConnection(self._host, timeout=TIMEOUT_SECONDS)
            self._local.connection = found
            self._opened.append(found)
        return found


def _problem(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
