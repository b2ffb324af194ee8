#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes an imitation ledger: imitation.py FOLDER [SEED]. The figures are those of a real district, the people are nobody: names are 示例 and a number,
telephone numbers begin with 100, identity numbers have the region 000000 that there is not.

  places.yaml      1 district, 1 street, 3 communities, 9 estates with buildings, accounts
  volunteers.csv   77 teams, 800 volunteers                                (map: deploy/config/ledger/volunteers.yaml)
  elders.csv       227 elders, 165 of them enrolled                        (map: deploy/config/ledger/elders.yaml)
  services.csv     38 services of the six helps and one care               (deploy/config/ledger/services.csv)
  faulty.csv       elders.csv with every error that spreadsheets make; faulty.json says where each is: [line, heading]
"""
import csv
import json
import pathlib
import random
import shutil
import sys

TEAMS, VOLUNTEERS, ELDERS, ENROLLED = 77, 800, 227, 165
STEMS = "甲乙丙丁戊己庚辛壬癸"
INTERESTS = ["象棋", "戏曲", "书法", "园艺", "散步", "看电视"]
HERE = pathlib.Path(__file__).resolve().parent


def card(birth, n):
    digits = "000000" + birth.replace("-", "") + f"{n % 1000:03d}"
    return digits + "10X98765432"[sum(int(d) * w for d, w in zip(digits, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))) % 11]


def position(dice):
    """Somewhere in a square of two kilometres on the equator, where nobody lives."""
    return [f"{dice.uniform(0, 0.02):.5f}", f"{dice.uniform(0, 0.02):.5f}"]


def places():
    yield "districts: [{id: d-1, name: 示例区}]"
    yield "streets: [{id: s-1, district: d-1, name: 示例街道}]"
    yield "communities:"
    for c in range(1, 4):
        yield f"  - {{id: c-{c}, name: 示例{c}社区, street: s-1}}"
    yield "estates:"
    for e in range(9):
        yield f"  - {{id: es-{e + 1}, community: c-{e // 3 + 1}, kind: {('resettlement', 'commercial', 'work_unit')[e % 3]}, name: 示例{e + 1}小区}}"
    yield "buildings:"
    for e in range(9):
        for b in range(1, 5):
            yield f"  - {{id: b-{e + 1}-{b}, estate: es-{e + 1}, name: {b}幢, floors: {6 if e % 3 == 2 else 18}, lift: {'false' if e % 3 == 2 else 'true'}}}"
    yield "accounts:"
    yield "  - {name: desk, level: district}"
    for c in range(1, 4):
        yield f"  - {{name: worker-{c}, level: community, community: c-{c}}}"


def volunteers(dice):
    yield ["编号", "姓名", "队号", "队名", "社区", "身份", "电话", "日间", "夜间", "可服务日", "技能", "核验日期", "性别", "语言", "兴趣", "纬度", "经度", "每周可探访次数", "探访时段"]
    kinds, days, skills = ["银龄", "青年", "红色管家", "党员", "物业", "新就业群体"], ["周一", "周二", "周三", "周四", "周五", "周六", "周日"], ["急救", "理发", "水电", "陪聊", "驾驶", "方言"]
    for n in range(1, VOLUNTEERS + 1):
        team = (n - 1) % TEAMS + 1
        kind = dice.choice(kinds)
        yield [f"{n:04d}", f"示例{STEMS[n % 10]}{n:04d}", f"t-{team}", f"示例{team}队", f"c-{(team - 1) % 3 + 1}", kind, f"1001{n:07d}", "否" if kind == "青年" else "是",
               "是" if kind == "青年" else "否", "、".join(dice.sample(days, dice.randint(2, 7))), "、".join(dice.sample(skills, dice.randint(0, 3))), f"2026-0{dice.randint(1, 2)}-{dice.randint(1, 28):02d}",
               dice.choice("男女"), "、".join(dice.sample(["普通话", "示例话"], dice.randint(1, 2))), "、".join(dice.sample(INTERESTS, dice.randint(0, 3))), *position(dice),
               dice.choice([0, 0, 1, 2, 3]) if kind != "青年" else 0, "、".join(dice.sample(["上午", "下午", "晚上"], dice.randint(1, 3)))]


ELDER_HEAD = ["编号", "户号", "姓名", "性别", "出生日期", "身份证号", "电话", "社区", "志愿队", "住址", "室", "居住情况", "自理能力", "行动", "类别", "语言", "病史",
              "联系人一", "联系人一关系", "联系人一电话", "联系人二", "联系人二电话", "摸排日期", "签约日期", "兴趣", "纬度", "经度", "希望谁来", "不希望谁来", "陪伴性别", "探访间隔天数"]


def elders(dice):
    home = 0
    for n in range(1, ELDERS + 1):
        if n % 7:
            home += 1  # each seventh elder lives with the one before
            team, house, room = dice.randint(1, TEAMS), dice.randint(1, 40), f"{dice.randint(1, 18)}0{dice.randint(1, 4)}"
            where = position(dice)
            wishes = ["" if dice.random() < 0.8 else f"v-{dice.randint(1, VOLUNTEERS):04d}", "" if dice.random() < 0.95 else f"v-{dice.randint(1, VOLUNTEERS):04d}",
                      dice.choice(["", "", "", "女", "男"]), dice.choice(["", "", 7, 14, 30])]
            place = f"示例路{dice.randint(1, 99)}号{house}幢"
        birth = f"{dice.randint(1930, 1956)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
        yield dict(zip(ELDER_HEAD, [
            f"{n:04d}", f"{home:04d}", f"示例{STEMS[n % 10]}{n:04d}", dice.choice("男女"), birth, card(birth, n), f"1000{n:07d}", f"c-{(team - 1) % 3 + 1}", f"t-{team}", place, room,
            dice.choice(["独居", "夫妻同住", "与子女同住"]), dice.choice(["能自理", "半自理", "不能自理"]), dice.choice(["自如", "拄拐", "轮椅"]),
            "、".join(dice.sample(["低保", "优抚", "空巢", "残疾"], dice.randint(0, 2))), dice.choice(["普通话", "示例话"]), dice.choice(["", "示例病史：高血压", "示例病史：糖尿病，需复查"]),
            f"示例{STEMS[n % 10]}家属", dice.choice(["儿子", "女儿", "侄子"]), f"1002{n:07d}", "", "" if n % 3 else f"1003{n:07d}", f"2026-01-{dice.randint(5, 28):02d}",
            f"2026-02-{dice.randint(1, 28):02d}" if n <= ENROLLED else "",
            "、".join(dice.sample(INTERESTS, dice.randint(0, 3))), *where, *wishes]))


# What spreadsheets and people do to a cell: heading, what it becomes (a function of the cell).
ERRORS = [
    ("出生日期", lambda v: v[:5] + "02-30"), ("出生日期", lambda v: "2031-01-01"), ("出生日期", lambda v: v[:4]), ("出生日期", lambda v: "#######"), ("出生日期", lambda v: "四月初八"),
    ("出生日期", lambda v: v[5:7] + "/" + v[8:] + "/" + v[:4]), ("姓名", lambda v: "#REF!"), ("姓名", lambda v: "=B2&C2"), ("姓名", lambda v: "锟斤拷锟斤拷"), ("姓名", lambda v: "示例\ufffd"),
    ("姓名", lambda v: "示" * 100), ("身份证号", lambda v: f"{float(v[:17]):.2E}"), ("身份证号", lambda v: v[:17] + ("0" if v[17] != "0" else "1")), ("身份证号", lambda v: v[:15]),
    ("身份证号", lambda v: card("1931-07-08", 5)), ("电话", lambda v: f"{float(v):.2E}"), ("电话", lambda v: "无"), ("电话", lambda v: "12"), ("电话", lambda v: v + "/" + v + "/" + v),
    ("性别", lambda v: "未知"), ("居住情况", lambda v: "一个人"), ("自理能力", lambda v: "还行"), ("社区", lambda v: "c-99"), ("社区", lambda v: "示例社区"), ("志愿队", lambda v: "t-999"),
    ("志愿队", lambda v: ""), ("编号", lambda v: "00/12"), ("户号", lambda v: "三零一"), ("联系人一电话", lambda v: "见备注"), ("摸排日期", lambda v: "2026-13-01"), ("签约日期", lambda v: "已签"),
    ("编号", "double"), ("住址", "home differs"), ("签约日期", "one cell more"),
]


def write(path, rows, encoding="utf-8"):
    with open(path, "w", encoding=encoding, newline="") as out:
        csv.writer(out, lineterminator="\r\n").writerows(rows)


def faulty(rows):
    """Each error in an elder of his own, in the rows from the third on; the places where they are."""
    bad, places_of = [dict(r) for r in rows], []
    at = 2
    for heading, change in ERRORS:
        while bad[at]["户号"] == bad[at - 1]["户号"] or bad[at + 1]["户号"] == bad[at]["户号"]:
            at += 1  # an elder who lives alone: no other row is touched
        row, line = bad[at], at + 2
        if change == "double":
            row["编号"] = bad[0]["编号"]
        elif change == "home differs":
            row["户号"] = bad[1]["户号"]
            heading = "户号"  # the household's key is what stands twice
        elif change == "one cell more":
            row["多"] = "多出的一格"
            heading = ""
        else:
            row[heading] = change(row[heading])
        if heading == "志愿队" and row[heading] == "":
            heading = ""  # it is missing: told of the row
        places_of.append([line, heading])
        at += 1
    return [[r[h] for h in ELDER_HEAD] + ([r["多"]] if "多" in r else []) for r in bad], places_of


def main(folder, seed="1"):
    dice, folder = random.Random(int(seed)), pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "places.yaml").write_text("\n".join(places()) + "\n", encoding="utf-8")
    write(folder / "volunteers.csv", volunteers(dice), "gb18030")
    rows = list(elders(dice))
    write(folder / "elders.csv", [ELDER_HEAD, *[[r[h] for h in ELDER_HEAD] for r in rows]], "utf-8-sig")
    bad, where = faulty(rows)
    write(folder / "faulty.csv", [ELDER_HEAD, *bad])
    (folder / "faulty.json").write_text(json.dumps(where, ensure_ascii=False), encoding="utf-8")
    shutil.copy(HERE.parents[1] / "deploy/config/ledger/services.csv", folder / "services.csv")


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    main(*sys.argv[1:])
