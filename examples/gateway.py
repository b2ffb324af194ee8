#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A gateway that loses nothing: reads lines "topic<TAB>payload" and keeps each until ingest has it on its disk.

    export CURTAIN_HOST=... CURTAIN_PORT=8883 CURTAIN_USER=gateway CURTAIN_PASSWORD_FILE=... CURTAIN_CA_FILE=...
    printf 'curtain/in/gateway/water-1\\t[{"n":"water_total","u":"m3","v":12.345,"t":%d}]\\n' "$(date +%s)" | examples/gateway.py --spool /var/lib/gateway/spool.db

Ends when its input has ended and all receipts have come. Started again, it sends what the last run left. The topic is a vendor's own, or
curtain/in/ACCOUNT/DEVICE with SenML (RFC 8428). Give readings their own time ("t"): a message may arrive twice.
"""
import argparse
import sys
import threading

import receipts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spool", required=True, help="file in which messages wait (SQLite)")
    parser.add_argument("--resend", type=float, default=5, metavar="SECONDS", help="send again after so long without a receipt (default 5)")
    arguments = parser.parse_args()
    sender = receipts.Sender(receipts.connection(), arguments.spool, arguments.resend)

    def read():
        for line in sys.stdin:
            topic, tab, payload = line.rstrip("\n").partition("\t")
            if tab:
                sender.put(topic, payload)
            else:
                print(f"gateway.py: no tab in this line: {line[:60]!r}", file=sys.stderr)
        sender.end()

    threading.Thread(target=read, daemon=True).start()
    sender.run()
    sender.close()
    print(f"gateway.py: all received; sent again: {sender.resent}")


if __name__ == "__main__":
    main()
