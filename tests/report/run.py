# SPDX-License-Identifier: MIT
"""run.py FOLDER SEED: see tests/report.sh."""
import datetime
import json
import pathlib
import shutil
import subprocess
import sys
import time

import paper as lib


def decide(paper):
    paper.curtain("report", "decide", "--what", "t-7 夜间补一人", "--owner", "v-0007", "--meeting", "2026-03-16", "--due", "2026-03-28")
    paper.curtain("report", "decide", "--what", "更换猫眼电池", "--owner", "v-0011", "--meeting", "2026-03-16", "--community", "c-2", "--due", "2026-04-03")
    paper.curtain("report", "decision", "--id", "1", "--state", "done", "--note", "已补")


def drawn(folder, name):
    """PDF and PNGs of a page, as it comes out of a printer."""
    browser = shutil.which("chromium")
    if not browser:
        print("no chromium: no PDF")
        return
    common = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/browser"]
    subprocess.run([*common, f"--print-to-pdf={folder}/{name}.pdf", f"file://{folder}/{name}.html"], check=True, stderr=subprocess.DEVNULL, timeout=120)
    subprocess.run([*common, f"--screenshot={folder}/{name}.png", "--window-size=900,5200", f"file://{folder}/{name}.html"], check=True, stderr=subprocess.DEVNULL, timeout=120)
    shutil.rmtree(folder / "browser", ignore_errors=True)
    if shutil.which("pdftoppm"):
        subprocess.run(["pdftoppm", "-r", "80", "-png", f"{folder}/{name}.pdf", f"{folder}/{name}"], check=True)


def main(folder, seed):
    folder = pathlib.Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    paper, wrong, total = lib.Paper(seed=int(seed)), 0, 0
    try:
        decide(paper)
        paper.publish_rosters("2026-03-30", 14)
        print(f"{'fortnight':24}{'made in':>9}{'figures':>9}{'differences':>13}")
        for number in range(1, 7):
            last = lib.quarter.FIRST + datetime.timedelta(days=14 * number - 1)
            first, until = last - datetime.timedelta(days=13), last.isoformat()
            began = time.monotonic()
            (folder / f"{until}.html").write_text(paper.curtain("report", "fortnight", "--until", until), encoding="utf-8")
            took = time.monotonic() - began
            csv = paper.curtain("report", "fortnight", "--until", until, "--as", "csv", "--no-roster")
            (folder / f"{until}.csv").write_text(csv, encoding="utf-8")
            document = paper.curtain("report", "fortnight", "--until", until, "--as", "json")
            (folder / f"{until}.json").write_text(document, encoding="utf-8")
            day = datetime.timedelta(days=14)
            count, differences = lib.compared(paper.conninfo, csv, [(first, last), (first - day, last - day)], json.loads(document))
            print(f"{first} {until}  {took:7.1f} s{count:>8}{len(differences):>13}", *differences[:5])
            wrong, total = wrong + len(differences), total + count
        (folder / "daily.html").write_text(paper.curtain("report", "daily", "--day", "2026-04-05"), encoding="utf-8")
        print(f"{total} figures compared, {wrong} differences; papers in {folder}")
    finally:
        paper.close()
    drawn(folder, "2026-03-29")
    drawn(folder, "daily")
    return 1 if wrong or total < 5000 else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
