#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a phone system does when an elder presses the "1" key: it calls the right person, and tells Curtain.

Reads one line a key press, "household team", and prints the number to put the call through to and who is on duty, from the retained
curtain/oncall/<team> (a copy is kept in memory: the answer needs no one to be up). The press itself becomes a call for help of the
household's handset, phone-<household>, kept until ingest has it on its disk.

    export CURTAIN_USER=phone ...          an account of class "phone" (deploy/mosquitto/access.table)
    echo "h-0001 t-1" | examples/phone.py --spool /var/lib/phone/spool.db
"""
import argparse
import json
import sys
import threading
import time

import receipts


class Phone:
    def __init__(self, spool, resend_s=5.0):
        self.oncall, self.known = {}, threading.Condition()
        self.sender = receipts.Sender(receipts.connection(), spool, resend_s, subscribe=["curtain/oncall/+"], on_other=self.learn)

    def learn(self, message):
        team = message.topic.rsplit("/", 1)[1]
        with self.known:
            if message.payload:
                self.oncall[team] = json.loads(message.payload)
            else:
                self.oncall.pop(team, None)  # the team is gone
            self.known.notify_all()

    def pressed(self, household, team):
        """Whom to call: a number and the people on duty; the call for help is on our disk when this returns."""
        call = [{"n": "sos", "v": 1, "t": round(time.time(), 3)}]
        self.sender.put(f"curtain/in/{self.sender.client.account}/phone-{household}", json.dumps(call))
        with self.known:
            self.known.wait_for(lambda: team in self.oncall, 3)
            duty = self.oncall.get(team, {})
        return duty.get("number", ""), duty.get("users", [])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spool", required=True, help="file in which calls for help wait (SQLite)")
    parser.add_argument("--resend", type=float, default=5, metavar="SECONDS", help="send again after so long without a receipt (default 5)")
    arguments = parser.parse_args()
    phone = Phone(arguments.spool, arguments.resend)
    sending = threading.Thread(target=phone.sender.run)
    sending.start()
    for line in sys.stdin:
        words = line.split()
        if len(words) == 2:
            number, people = phone.pressed(*words)
            print(f"{words[0]}: call {number or 'the desk (nobody is known to be on duty)'} {' '.join(people)}".rstrip(), flush=True)
        else:
            print("phone.py: a line is: household team", file=sys.stderr)
    phone.sender.end()
    sending.join()
    phone.sender.close()


if __name__ == "__main__":
    main()
