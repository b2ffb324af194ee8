# SPDX-License-Identifier: MIT
"""Receivers of webhooks, and an imitation of another platform, for tests: HTTP servers on free loopback ports that check who calls and answer by script."""
import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
import urllib.parse


class Server:
    """An HTTP server in threads of its own; a subclass answers: handle(verb, path, query, headers, body) -> status, headers, body."""

    def __init__(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                parts = urllib.parse.urlsplit(self.path)
                status, headers, answer = outer.handle(self.command, parts.path, dict(urllib.parse.parse_qsl(parts.query)), self.headers, body)
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    pass  # the caller has given up

            do_GET = do_POST = do_PUT = do_any

            def log_message(self, *_):
                pass

        self.changed = threading.Condition()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def wait(self, condition, what, limit_s=45):
        """Waits until condition() gives something true, looked at after each call; returns it."""
        deadline = time.monotonic() + limit_s
        with self.changed:
            while not (got := condition()):
                left = deadline - time.monotonic()
                assert left > 0, f"did not come: {what}"
                self.changed.wait(left)
            return got


def signature(secret, webhook_id, timestamp, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()).decode()


class Receiver(Server):
    """Standard Webhooks on any path. script[path]: what the next calls get, a status or (status, headers) or "hang"; then 204.
    A call with a wrong signature gets 401, one whose time is not now 400; taken[path] are the events that were accepted, in order."""

    def __init__(self, secrets):
        self.secrets, self.script, self.taken, self.calls = secrets, {}, {}, {}
        self.release = threading.Event()
        super().__init__()

    def good(self, path, headers, body):
        signed = headers.get("webhook-signature", "").split(" ")
        wanted = signature(self.secrets[path], headers.get("webhook-id", ""), headers.get("webhook-timestamp", ""), body)
        return any(hmac.compare_digest(s, wanted) for s in signed)

    def handle(self, verb, path, query, headers, body):
        if not self.good(path, headers, body):
            return 401, {}, b""
        if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
            return 400, {}, b""
        event = json.loads(body)
        assert event["id"] == headers["webhook-id"] and event["specversion"] == "1.0"
        with self.changed:
            self.calls.setdefault(path, []).append((event["id"], time.monotonic()))
            now = self.script[path].pop(0) if self.script.get(path) else 204
            self.changed.notify_all()
        if now == "hang":
            self.release.wait(30)
            return 204, {}, b""
        status, more = now if isinstance(now, tuple) else (now, {})
        with self.changed:
            if 200 <= status < 300:
                self.taken.setdefault(path, []).append(event)
            self.changed.notify_all()
        return status, more, b""

    def ids(self, path):
        return [event["id"] for event in self.taken.get(path, [])]


class Platform(Server):
    """The imitation of the "Smart Gaoxin" platform: events with its own signature, statistics and lists of elders with a token."""

    def __init__(self, key, token, elders):
        self.key, self.token, self.elders = key, token, elders
        self.events, self.statistics, self.pages, self.refused = [], [], [], []
        super().__init__()

    def say(self, code, data=None):
        return 200, {"Content-Type": "application/json"}, json.dumps({"code": code, "data": data}, ensure_ascii=False).encode()

    def handle(self, verb, path, query, headers, body):
        with self.changed:
            self.changed.notify_all()
            if path == "/open/v1/events":
                text = f'{headers.get("X-App")}\n{headers.get("X-Time")}\n'.encode() + body
                if not hmac.compare_digest(headers.get("X-Sign", ""), hmac.new(self.key.encode(), text, hashlib.sha256).hexdigest()):
                    self.refused.append(body)
                    return self.say(401)
                self.events.append(json.loads(body))
                return self.say(0)
            if headers.get("Authorization") != f"Bearer {self.token}":
                self.refused.append(body)
                return self.say(401)
            if path == "/open/v1/statistics" and verb == "PUT":
                self.statistics.append(json.loads(body))
                return self.say(0)
            if path == "/open/v1/elders" and verb == "GET":
                page, size = int(query["pageNo"]), int(query["pageSize"])
                self.pages.append(page)
                return self.say(0, {"total": len(self.elders), "list": self.elders[(page - 1) * size:page * size]})
        return 404, {}, b""
