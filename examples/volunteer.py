#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A volunteer's client in a terminal: shows pages ("please go"), sends the answers.

    export CURTAIN_USER=v-101 ...          the volunteer's own account, class "volunteer"
    examples/volunteer.py --spool ~/.curtain.db

Then type: accept | decline | arrived | done OUTCOME [note], with OUTCOME helped, false_alarm, ambulance or away. The answer is for
the newest page that still stands; "accept p-..." names another one. An answer is kept and sent again until the dispatcher's receipt says
that it has taken effect; the broker keeps pages for a day while this client is away.
"""
import argparse
import datetime as dt
import json
import sys
import threading

import receipts

OUTCOMES = ("helped", "false_alarm", "ambulance", "away")


def say(text):
    print(text, flush=True)


class Volunteer:
    def __init__(self, spool, resend_s=5.0):
        self.pages, self.lock = {}, threading.Lock()  # id -> page, oldest first
        client = receipts.connection(session_s=86400)
        self.sender = receipts.Sender(client, spool, resend_s, subscribe=[f"curtain/volunteer/{client.account}/page"], on_other=self.paged)

    def paged(self, message):
        page = json.loads(message.payload)
        with self.lock:
            if page.get("withdrawn"):
                self.pages.pop(page["id"], None)
                say(f"{page['id']} {page['household']}: 不必前往 no need to go any more")
                return
            self.pages[page["id"]] = page
        say(f"{page['id']} {page['household']} [{page['level']}] 请前往 please go ({page['role']})\n  {page['reason_zh']}\n  {page['reason_en']}")

    def answer(self, line):
        """One typed line; returns what is wrong with it, or None."""
        action, *words = line.split()
        with self.lock:
            page = self.pages.get(words.pop(0)) if words and words[0] in self.pages else next(reversed(self.pages.values()), None)
        if page is None:
            return "there is no page to answer"
        reply = {"page": page["id"], "incident": page["incident"], "user": self.sender.client.account, "action": action,
                 "at": dt.datetime.now(dt.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        if action == "done":
            if not words or words[0] not in OUTCOMES:
                return f"done needs an outcome: {', '.join(OUTCOMES)}"
            reply["outcome"] = words.pop(0)
            if words:
                reply["note"] = " ".join(words)
        elif action not in ("accept", "decline", "arrived"):
            return "accept, decline, arrived or done OUTCOME"
        self.sender.put(f"curtain/volunteer/{self.sender.client.account}/reply", json.dumps(reply, ensure_ascii=False))
        if action in ("decline", "done"):
            with self.lock:
                self.pages.pop(page["id"], None)
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spool", required=True, help="file in which answers wait (SQLite)")
    parser.add_argument("--resend", type=float, default=5, metavar="SECONDS", help="send again after so long without a receipt (default 5)")
    arguments = parser.parse_args()
    volunteer = Volunteer(arguments.spool, arguments.resend)

    def read():
        for line in sys.stdin:
            fault = volunteer.answer(line) if line.strip() else None
            if fault:
                say(f"volunteer.py: {fault}")
        volunteer.sender.end()

    threading.Thread(target=read, daemon=True).start()
    volunteer.sender.run(on_empty=lambda: say("  已送达 received"))
    volunteer.sender.close()


if __name__ == "__main__":
    main()
