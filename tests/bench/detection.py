#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the detector's silence is worth on recorded homes, against what was asked: the tables of docs/detection.md in short.
   detection.py CURTAIN [FILE]    CURTAIN: the program; FILE: DAIAD's hourly water (../shared/data/daiad/water_hourly.csv.gz)
Exit status 1 if a figure is weaker than asked; a missing FILE is said and is no failure."""
import json
import os
import subprocess
import sys


def backtest(curtain, file, *options):
    command = [curtain, "backtest", "--layout", "daiad", file, "--json", "-", *options]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def rows_of_target(d, target, rate, delays, wanted_rate, wanted):
    delay = d["delay_h"]
    yield f"target {target}: false alarms a home-month", d["false_alarms_per_home_month"], rate, wanted_rate
    for key, must, want in zip(("p50", "p90", "mean"), delays, wanted):
        yield f"target {target}: delay {key} (h)", delay[key], must, want


def main():
    curtain = sys.argv[1]
    file = sys.argv[2] if len(sys.argv) > 2 else "../shared/data/daiad/water_hourly.csv.gz"
    if not os.path.exists(file):
        print(f"detection: {file} is not there: skipped")
        return 0
    one, quarter = backtest(curtain, file), backtest(curtain, file, "--target", "0.25")
    many = backtest(curtain, file, "--simulate", "door,motion,electricity", "--target", "0.4", "--moments", "100")
    cold, quality = one["cold_start"], one["quality"]
    poor = quality["losses_or_leaks"]["false_alarms_per_home_month"]
    good = quality["others"]["false_alarms_per_home_month"]
    rows = [
        *rows_of_target(one, 1, 1.00, (9, 15, 9.4), 1.00, (8, 14, 8.5)),
        *rows_of_target(quarter, 0.25, 0.30, (13, 22, 13.7), 0.25, (11, 19, 11.5)),
        ("attention, target 4: false ones a home-month", one["attention"]["false_alarms_per_home_month"], 5, None),
        ("attention, target 4: delay p50 (h)", one["attention"]["delay_h"]["p50"], 6, 5),
        ("homes beyond twice the target of 1 (%)", 100 * (1 - one["share_within_twice_target"]), 4, 1),
        ("homes beyond twice the target of 0.25 (%)", 100 * (1 - quarter["share_within_twice_target"]), 4, 1),
        ("worst home at target 1", one["worst_home"], 3.6, 2.5),
        ("cold start, days 0 to 14, target 1", cold["days_0_14"]["false_alarms_per_home_month"], 2, 1),
        ("cold start, days 15 to 55, target 1", cold["days_15_55"]["false_alarms_per_home_month"], 2, 1),
        ("losses or leaks: times the others' false alarms", poor / good, 1.3, 1),
        ("SIMULATED channels, target 0.4: false alarms", many["false_alarms_per_home_month"], 0.34, None),
        ("SIMULATED channels, target 0.4: delay mean (h)", many["delay_h"]["mean"], 6.5, 5),
    ]
    print(f"{one['homes']} homes, {one['home_months']:.0f} home-months, seed {one['seed']}")
    print(f"{'':50s} {'measured':>9s} {'must':>9s} {'wanted':>9s}")
    weak = 0
    for name, value, must, wanted in rows:
        told = f"<= {wanted:g}" if wanted is not None else ""
        print(f"{name:50s} {value:9.2f} {f'<= {must:g}':>9s} {told:>9s}{'' if value <= must + 5e-5 else '  weaker'}")
        weak += value > must + 5e-5
    return 1 if weak else 0


if __name__ == "__main__":
    sys.exit(main())
