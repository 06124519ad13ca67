#!/usr/bin/env python3
"""清单复核 · Checks a run that `crosswipe import` made again, with nothing of crosswipe: python3 papers.py RUN
README.md beside this file says it in words. Exit 0: all holds, and the certificate says the same; 1: it does not."""
import json, pathlib, sqlite3, sys
sys.dont_write_bytecode = True
from review import review
from recheck import canonical, certified, chain, compared, must, problems, sha, sums

def papers(run, records):
    """Each file of papers is the one that LISTED digested: {party: [row of its own list]}; what was typed proves nothing."""
    rows = {}
    for name, seen in ((name, seen) for record in records for name, seen in record.get("papers", {}).items()):
        data = (run / "exports" / name).read_bytes()
        must("papers", sha(data) == seen["sha256"], f"{name}: not as LISTED digested it")
        listing = json.loads(data)
        if listing["form"] == "list":
            rows.setdefault(listing["party"], []).extend(listing["rows"])
    return rows

def of(one, row):
    """A row speaks of a transaction if it bears its settlement id, or undoes it; rows without ids are left to crosswipe."""
    return row.get("original" if row["says"] == "mirror" else "setl_id", "") == one["ids"].get("setl_id")

def each(rows, records, certificate):
    """Per transaction and party: settled, undone once by the whole amount, and the same amount and visit everywhere."""
    paths = {record["txid"]: record["path"] for record in records if record["kind"] == "INTENT"}
    must("papers", set(paths) == {one["txid"] for one in certificate["transactions"]}, "the certificate names others than the journal")
    for one in certificate["transactions"]:
        told = set()
        for party in paths[one["txid"]]:
            own = [row for row in rows.get(party, []) if of(one, row)]
            settled = [row for row in own if row["says"] in ("settled", "undone")]
            back = [row for row in own if row["says"] == "mirror"]
            where = f"{one['txid']} {party}"
            must("settled", len({row["setl_id"] for row in settled}) == 1, f"{where}: {len(settled)} rows of the settlement")
            must("undone", len(back) == 1 or not back and any(row["says"] == "undone" for row in settled), f"{where}: undone {len(back)} times")
            must("undone", all(row.get("total") == -whole.get("total") for row in back for whole in settled), f"{where}: another amount back")
            told |= {canonical([row.get("total"), row.get("mdtrt_id")]) for row in settled}
        must("agree", len(told) == 1, f"{one['txid']}: parties say {sorted(told)}")

def recheck(run):
    sums(run)
    records, tail = chain(run)
    certificate = certified(run, records, tail)
    each(papers(run, records), records, certificate)
    review(run, tail, records, certificate, must, sha, canonical)
    must("certificate", certificate["verdict"] == "clean", f"its verdict is {certificate['verdict']}")

try:
    recheck(pathlib.Path(sys.argv[1]))
except (OSError, ValueError, LookupError, AttributeError, TypeError, AssertionError, sqlite3.Error) as error:
    problems["evidence"].append(f"it ends here: {type(error).__name__}: {error}")
for step in ("sums", "chain", "certificate", "papers", "settled", "undone", "agree", "review", "evidence"):
    print("\n    ".join([f"{step:<11} {compared[step]:>8} compared, {len(problems[step])} wrong"] + problems[step][:20]))
print(f"rechecked: {sum(compared.values())} compared, {(wrong := sum(map(len, problems.values())))} wrong")
sys.exit(1 if wrong else 0)
