# SPDX-License-Identifier: MIT
"""Imitations of those who carry messages to people, on one loopback port: each verifies its vendor's signature by code of its own,
keeps its limits, and can be told to misbehave. vendor.behave("500", "hang", ...) sets what becomes of the next requests:
ok, 500, hang (no answer), slow (the body a byte at a time), cut (the connection breaks), html, throttle, refuse."""
import base64
import email
import email.header
import hashlib
import hmac
import http.server
import json
import socketserver
import threading
import time
import urllib.parse

from broker import PATIENCE_S


def b64hmac(key, text, kind=hashlib.sha256):
    return base64.b64encode(hmac.new(key, text, kind).digest()).decode()


def percent(text):
    return urllib.parse.quote(text, safe="-_.~")


class Vendor:
    """One vendor: what it has taken, and its limit: `calls` a `window`; beyond, it says "too much", for `block` seconds."""

    def __init__(self, world, name, limit=None, block=0.0):
        self.world, self.name, self.limit, self.block = world, name, limit, block
        self.taken, self.seen, self.refused, self.throttled, self.times, self.blocked_until = [], [], [], 0, [], 0.0
        self.script, self.delay = [], 0.0  # delay: seconds from a message to its answer

    def behave(self, *modes):
        with self.world.changed:
            self.script += modes

    def mode(self):
        return self.script.pop(0) if self.script else "ok"

    def too_much(self):
        now = time.monotonic()
        if self.limit is None:
            return False
        calls, window = self.limit
        self.times = [t for t in self.times if t > now - window]
        if now < self.blocked_until or len(self.times) >= calls:
            if now >= self.blocked_until:
                self.blocked_until = now + self.block
            return True
        self.times.append(now)
        return False

    def wait(self, count, limit_s=PATIENCE_S):
        """Waits until so many messages were taken; gives them."""
        with self.world.changed:
            assert self.world.changed.wait_for(lambda: len(self.taken) >= count, limit_s), \
                f"{self.name}: {len(self.taken)} taken, {count} wanted; refused {self.refused}, throttled {self.throttled}, seen {len(self.seen)}"
            return list(self.taken)

    def wait_seen(self, count, limit_s=PATIENCE_S):
        with self.world.changed:
            assert self.world.changed.wait_for(lambda: len(self.seen) >= count, limit_s), f"{self.name}: {len(self.seen)} seen, {count} wanted"
            return list(self.seen)

    # what each says: good, too much, refused, as (status, body)
    answers = {"ok": (200, {}), "throttle": (429, {}), "refuse": (400, {})}

    def check(self, request):
        """None, or why the request is refused."""

    def message(self, request):
        return request.json()


class DingTalk(Vendor):
    answers = {"ok": (200, {"errcode": 0, "errmsg": "ok"}), "throttle": (200, {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}),
               "refuse": (200, {"errcode": 310000, "errmsg": "sign not match"})}

    def check(self, request):
        q, secret = request.query, self.world.secrets["dingtalk.sign"]
        if q.get("access_token") != self.world.secrets["dingtalk.token"]:
            return "token is not exist"
        if abs(int(q.get("timestamp", 0)) / 1000 - time.time()) > 3600:
            return "invalid timestamp"
        if not hmac.compare_digest(q.get("sign", ""), b64hmac(secret.encode(), f"{q['timestamp']}\n{secret}".encode())):
            return "sign not match"
        return None if request.json()["msgtype"] == "text" and request.json()["text"]["content"] else "content is empty"

    def message(self, request):
        return request.json()["text"]["content"]


class WeCom(Vendor):
    answers = {"ok": (200, {"errcode": 0, "errmsg": "ok"}), "throttle": (200, {"errcode": 45009, "errmsg": "api freq out of limit"}),
               "refuse": (200, {"errcode": 93000, "errmsg": "invalid webhook url"})}

    def check(self, request):
        if request.query.get("key") != self.world.secrets["wecom.key"]:
            return "invalid webhook url"
        return "content exceed max length" if len(request.json()["text"]["content"].encode()) > 2048 else None

    def message(self, request):
        return request.json()["text"]["content"]


class Feishu(Vendor):
    answers = {"ok": (200, {"code": 0, "msg": "success"}), "throttle": (200, {"code": 9499, "msg": "too many request"}),
               "refuse": (200, {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"})}

    def check(self, request):
        body = request.json()
        key = f"{body.get('timestamp')}\n{self.world.secrets['feishu.sign']}".encode()
        if abs(int(body.get("timestamp", 0)) - time.time()) > 3600 or not hmac.compare_digest(body.get("sign", ""), b64hmac(key, b"")):
            return "sign match fail"
        return "too large" if len(request.body) > 20000 else None

    def message(self, request):
        return request.json()["content"]["text"]


class Ntfy(Vendor):
    answers = {"ok": (200, {}), "throttle": (429, {"code": 42901, "http": 429}), "refuse": (403, {"code": 40301, "http": 403})}

    def check(self, request):
        if request.headers.get("authorization") != "Bearer " + self.world.secrets["ntfy.token"]:
            return "forbidden"
        return None if request.json().get("topic") and 1 <= request.json().get("priority", 3) <= 5 else "bad request"

    def good(self, request):
        return 200, {"id": "n" + hashlib.sha256(request.body).hexdigest()[:10], "event": "message", "topic": request.json()["topic"]}


class Bark(Vendor):
    answers = {"ok": (200, {"code": 200, "message": "success"}), "throttle": (429, {"code": 429}), "refuse": (400, {"code": 400})}

    def check(self, request):
        body = request.json()
        return None if body.get("device_key", "").startswith("key-") and body.get("level") in ("critical", "timeSensitive", "active") else "no such key"


class Aliyun(Vendor):
    answers = {"ok": (200, {"Code": "OK"}), "throttle": (200, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}), "refuse": (400, {"Code": "SignatureDoesNotMatch"})}
    nonces = set()

    def check(self, request):
        form = dict(urllib.parse.parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True))
        signature = form.pop("Signature", "")
        canonical = "&".join(f"{percent(k)}={percent(form[k])}" for k in sorted(form))
        good = b64hmac((self.world.secrets["aliyun.key"] + "&").encode(), f"POST&%2F&{percent(canonical)}".encode(), hashlib.sha1)
        if not hmac.compare_digest(signature, good) or form["AccessKeyId"] != self.world.secrets["aliyun.id"]:
            return "SignatureDoesNotMatch"
        if form["SignatureNonce"] in self.nonces:
            return "SignatureNonceUsed"
        self.nonces.add(form["SignatureNonce"])
        stamp = time.strftime("%Y-%m-%dT%H:%M", time.gmtime())
        if form["Timestamp"][:13] != stamp[:13] and abs(int(form["Timestamp"][14:16]) - int(stamp[14:16])) not in (59, 1):
            return "InvalidTimeStamp.Expired"
        return None if (form.get("PhoneNumbers") or form.get("CalledNumber", "")).isdigit() else "isv.MOBILE_NUMBER_ILLEGAL"

    def message(self, request):
        return dict(urllib.parse.parse_qsl(request.body.decode()))

    def good(self, request):
        return 200, {"Code": "OK", "BizId" if self.name == "sms" else "CallId": f"{self.name}-{len(self.taken)}"}


class Webhook(Vendor):
    answers = {"ok": (204, None), "throttle": (429, None), "refuse": (410, None)}

    def check(self, request):
        secret = base64.b64decode(self.world.secrets["webhook.sign"][len("whsec_"):])
        signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
        good = "v1," + b64hmac(secret, signed)
        return None if hmac.compare_digest(request.headers.get("webhook-signature", ""), good) else "wrong signature"


class Request:
    def __init__(self, handler):
        split = urllib.parse.urlsplit(handler.path)
        self.path, self.query = split.path, dict(urllib.parse.parse_qsl(split.query))
        self.headers = {k.lower(): v for k, v in handler.headers.items()}
        self.body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        self.at = time.monotonic()

    def json(self):
        return json.loads(self.body)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request, world = Request(self), self.server.world
        with world.changed:
            vendor = world.vendors[request.path.strip("/").split("/")[0]]
            vendor.seen.append(request)
            mode = vendor.mode()
            world.changed.notify_all()
        if mode in ("hang", "cut"):
            world.over.wait(30 if mode == "hang" else 0)
            self.close_connection = True
            return
        with world.changed:
            status, body = self.judge(vendor, request, mode)
            world.changed.notify_all()
        if vendor.delay:
            world.over.wait(vendor.delay)
        self.answer(status, body, mode)

    def judge(self, vendor, request, mode):
        if mode == "500":
            return 500, {"error": "internal"}
        if mode == "html":
            return 200, "<html>maintenance</html>"
        if mode in ("throttle", "refuse"):
            vendor.throttled += mode == "throttle"
            return vendor.answers[mode]
        if vendor.too_much():
            vendor.throttled += 1
            return vendor.answers["throttle"]
        try:
            fault = vendor.check(request)
        except (KeyError, ValueError, TypeError) as wrong:
            fault = f"not understood: {wrong!r}"
        if fault:
            vendor.refused.append(fault)
            return vendor.answers["refuse"]
        vendor.taken.append((vendor.message(request), request))
        return vendor.good(request) if hasattr(vendor, "good") else vendor.answers["ok"]

    def answer(self, status, body, mode):
        data = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if mode == "slow":
            for byte in data:
                if self.server.world.over.wait(0.2):
                    return
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
        else:
            self.wfile.write(data)

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, OSError):
            pass  # the caller has given up, as some tests want


class Mail(socketserver.StreamRequestHandler):
    """As much of an SMTP server as a client needs."""

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        vendor = self.server.world.vendors["email"]
        with self.server.world.changed:
            mode = vendor.mode()
        if mode == "hang":
            self.server.world.over.wait(30)
            return
        self.say("220 mail.example ESMTP")
        to = None
        for line in self.rfile:
            word = line.strip().upper()
            if word.startswith((b"EHLO", b"HELO")):
                self.say("250 mail.example")
            elif word.startswith(b"MAIL"):
                self.say({"500": "451 try again later", "refuse": "550 no"}.get(mode, "250 ok"))
            elif word.startswith(b"RCPT"):
                to = line.decode().split("<")[1].split(">")[0]
                self.say("250 ok")
            elif word == b"DATA":
                self.say("354 go on")
                data = b""
                while not data.endswith(b"\r\n.\r\n"):
                    data += self.rfile.readline()
                with self.server.world.changed:
                    message = email.message_from_bytes(data[:-5])
                    subject = "".join(t.decode(c or "ascii") if isinstance(t, bytes) else t for t, c in email.header.decode_header(message["Subject"]))
                    vendor.taken.append(({"to": to, "subject": subject, "text": message.get_payload(decode=True).decode(), "id": message["Message-ID"]}, None))
                    self.server.world.changed.notify_all()
                self.say("250 queued as 1")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class World:
    """All vendors. minute: what a vendor's minute lasts here, in seconds."""

    def __init__(self, minute=60.0):
        self.changed, self.over = threading.Condition(threading.RLock()), threading.Event()
        self.secrets = {"dingtalk.token": "tok-1", "dingtalk.sign": "SECabc123", "wecom.key": "wk-1", "feishu.sign": "fs-secret", "ntfy.token": "tk_1",
                        "aliyun.id": "LTAI1", "aliyun.key": "aliyun-secret", "webhook.sign": "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()}
        self.vendors = {"dingtalk": DingTalk(self, "dingtalk", (20, minute), 10 * minute), "wecom": WeCom(self, "wecom", (20, minute), minute),
                        "feishu": Feishu(self, "feishu", (100, minute)), "ntfy": Ntfy(self, "ntfy"), "bark": Bark(self, "bark"), "sms": Aliyun(self, "sms"),
                        "voice": Aliyun(self, "voice"), "webhook": Webhook(self, "webhook"), "webhook2": Webhook(self, "webhook2"), "email": Vendor(self, "email")}
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.mail = Server(("127.0.0.1", 0), Mail)
        for server in (self.http, self.mail):
            server.world = self
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def __getitem__(self, name):
        return self.vendors[name]

    def url(self, name):
        return f"smtp://127.0.0.1:{self.mail.server_address[1]}" if name == "email" else f"http://127.0.0.1:{self.http.server_port}/{name}"

    def write_secrets(self, folder):
        """Files of mode 0600, beside channels.yaml."""
        for name, value in self.secrets.items():
            (folder / name).write_text(value + "\n", encoding="utf-8")
            (folder / name).chmod(0o600)

    def close(self):
        self.over.set()
        for server in (self.http, self.mail):
            server.shutdown()
            server.server_close()


SECRETS = {"dingtalk": {"token": "dingtalk.token", "sign": "dingtalk.sign"}, "wecom": {"key": "wecom.key"}, "feishu": {"sign": "feishu.sign"},
           "ntfy": {"token": "ntfy.token"}, "sms": {"key_id": "aliyun.id", "key": "aliyun.key"}, "voice": {"key_id": "aliyun.id", "key": "aliyun.key"},
           "webhook": {"sign": "webhook.sign"}, "webhook2": {"sign": "webhook.sign"}}
PRESETS = {"sms": "aliyun-sms", "voice": "aliyun-voice", "webhook2": "webhook"}


def channel(world, name, **more):
    """An entry of channels.yaml for the imitation of a vendor."""
    entry = {"name": name, "preset": PRESETS.get(name, name), "url": world.url(name), **more}
    if name in SECRETS:
        entry["secrets"] = SECRETS[name]
    if name == "email":
        entry["tls"] = False
    return entry
