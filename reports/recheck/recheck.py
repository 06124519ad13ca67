#!/usr/bin/env python3
"""复核配方 · Checks a finished run of crosswipe again, with nothing of crosswipe: python3 recheck.py RUN
README.md beside this file says it in words. Exit 0: all holds, and the certificate says the same; 1: it does not; 2: not all was checked."""
import hashlib, json, pathlib, sqlite3, sys
from collections import Counter, defaultdict
sys.dont_write_bytecode = True
from review import review
T, CLOSED, SETTLES = ("t0", "t1", "t2"), {"cancelled", "reversed", "reversal", "red-letter"}, {"2102", "2207", "2304"}
problems, compared, skipped = defaultdict(list), Counter(), []  # step -> what does not hold; -> how much was compared
sha = lambda data: hashlib.sha256(data).hexdigest()
canonical = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
cause = lambda row: (row["cause"]["origin"], row["cause"]["msgid"])  # the message that a row of a log was booked for
by_day = lambda cell: canonical([cell["kind"], cell["dims"]])  # what a cell is called; a day total also without its day
overall = lambda cell: by_day(cell | {"dims": cell["dims"] | {"day": ""}} if cell["kind"] == "reconciliation" else cell)
postings = lambda log: [row for row in log if row["entry"] == "posting"]
looks = lambda shown: [(look["rows"], look["from"]) for look in shown["tm"]] + [(shown[t]["log"], 0) for t in T]

def must(step, holds, what):
    compared[step] += 1
    problems[step] += [] if holds else [what]

def sums(run):
    """SHA256SUMS lists journal, exports and certificate, each file once, each with its digest, and no other file."""
    listed = (run / "SHA256SUMS").read_bytes().split(b"\n")
    for path in (files := [*sorted((run / "exports").iterdir()), run / "certificate.json", run / "journal.db"]):
        line = f"{sha(path.read_bytes())}  {path.relative_to(run).as_posix()}".encode()
        must("sums", line in listed, f"{path.name}: not as SHA256SUMS has it")
    must("sums", listed[len(files):] == [b""], "SHA256SUMS lists something else too")

def chain(run):
    """Each record holds the hash of the one before; its own hash covers its columns as netstrings «length:bytes,»."""
    db = sqlite3.connect(f"{(run / 'journal.db').resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    texts, records, before = dict(db.execute("SELECT seq, text FROM message")), [], "0" * 64
    rows = db.execute("SELECT seq, epoch, at, kind, payload, prev_sha256, sha256 FROM record ORDER BY seq")
    for n, (*columns, own) in enumerate(rows):
        frame = b"".join(b"%d:%s," % (len(field), field) for field in (str(column).encode() for column in columns))
        record, text = json.loads(columns[4]), texts.pop(n, None)
        must("chain", (columns[0], columns[5], own) == (n, before, sha(frame)), f"record {n}: not bound to the one before it")
        must("chain", (record.get("message") or record.get("reply")) == (text and sha(text.encode())), f"record {n}: of another text")
        assert not problems["chain"], f"nothing from record {n} on can be relied on"
        records, before = records + [record], own
    must("chain", not texts, "a text belongs to no record")
    return records, before

def certified(run, records, tail):
    """The last record, CERT, holds the digest of the certificate without the chain's tail and length, which CERT moves."""
    certificate, core = (json.loads((run / "certificate.json").read_bytes()) for _ in range(2))
    must("certificate", [core["journal"].pop(key) for key in ("tail", "length")] == [tail, len(records)], "of another chain")
    must("certificate", records[-1].get("sha256") == sha(canonical(core).encode()), "not the one that CERT digested")
    return certificate

def exports(run, records):
    """Each export and each look is the one that a SNAP record digested: {party: {t0, t1, t2: export, tm: [look]}}."""
    books = {party: {"tm": []} for party in records[0]["parties"]}
    lines = {sha(line): line for path in (run / "exports").glob("*.tm.jsonl") for line in path.read_bytes().split(b"\n")}
    for n, record in enumerate(records):
        for party, seen in record.get("exports", {}).items():
            data = (run / f"exports/{party.replace(':', '-')}.t{record['kind'][-1]}.json").read_bytes()  # SNAP0, SNAP1, SNAP2
            must("exports", sha(data) == seen["sha256"], f"record {n}: not the export of {party} that it digested")
            books[party]["t" + record["kind"][-1]] = json.loads(data)
        for party, seen in record.get("looks", {}).items():
            must("exports", seen["sha256"] in lines, f"record {n}: the look at {party} that it digested is gone")
            books[party]["tm"] += [json.loads(lines[seen["sha256"]])] if seen["sha256"] in lines else []
    must("exports", all(set(T) <= set(shown) for shown in books.values()), "a party's books at t0, t1 or t2 are not there")
    return books

def r1_r2(party, shown, foreign, key):
    """R1 余额复原: at t1 and t2 each cell is what it was at t0, but for what others moved; so is each row known at t0.
    R2 流水只增: what any look showed of the log stands unchanged in the log of t2; no number is left out."""
    cells, born = {t: Counter() for t in T}, shown["t2"]["log"][shown["t0"]["lsn"]:]
    for t, cell in ((t, cell) for t in T for cell in shown[t]["cells"]):
        cells[t][key(cell)] += cell["value"]
    touched = {(row["kind"], row["id"]) for row in born if row["entry"] == "row" and foreign(row)}
    for t in ("t1", "t2"):
        expected = cells["t0"].copy()
        for row in postings(born):
            expected[key(row["cell"])] += row["amount"] if foreign(row) and row["seq"] < shown[t]["lsn"] else 0
        for cell in sorted(expected.keys() | cells[t].keys()):
            must("R1", cells[t][cell] == expected[cell], f"{party} {cell} at {t}: {cells[t][cell]}, expected {expected[cell]}")
        for row in shown["t0"]["rows"]:
            name = (row["kind"], row["id"])
            must("R1", row in shown[t]["rows"] or name in touched, f"{party} {' '.join(name)} at {t}: not as at t0")
    for seq, row in (pair for rows, first in looks(shown) for pair in enumerate(rows, first)):
        must("R2", row["seq"] == seq and shown["t2"]["log"][seq:seq + 1] == [row], f"{party} log #{seq}: not so at t2")

def r4_r5(party, log, sent, undo, key):
    """R4 逐笔冲回: in an undone group each posting has one negation: same cell and unit, amount turned.
    R5 恰好一次: what took effect was undone once, by the undo of that transaction; a settlement took effect once."""
    row_at, groups, negations = {row["seq"]: row for row in log}, defaultdict(list), defaultdict(list)
    status = {(row["kind"], row["id"]): row["status"] for row in log if row["entry"] == "row"}
    for row in log:
        where, target, meant = f"{party} log #{row['seq']}", row.get("reverses"), undo.get(cause(row))
        if target is not None:
            negations[target].append(row)
            must("R5", not meant or sent.get(cause(row_at[target]), {}).get("txid") in meant, f"{meant[0]}: {where} undoes another one")
        elif cause(row) in sent and (row["entry"] == "posting" or row["entry"] == "row" and "was" not in row):
            groups[sent[cause(row)]["txid"], sent[cause(row)]["infno"], row["group"]].append(row)  # or the birth of a row
        must("R4", row["entry"] != "posting" or meant is None or target is not None, f"{meant and meant[0]}: {where} negates nothing")
    for (txid, infno, group), rows in groups.items():
        where = f"{txid}: {party} log #{rows[0]['seq']}"
        times = [len({undone["group"] for undone in negations[row["seq"]]}) for row in postings(rows)]
        times = times or [min(int(status[row["kind"], row["id"]] in CLOSED) for row in rows)]  # of rows alone: all closed
        must("R5", max(times) == 1, f"{where} has {max(times)} effective reversals, not 1")
        for row in postings(rows) if any(times) else []:
            found = [(key(undone["cell"]), undone["unit"], -undone["amount"]) for undone in negations[row["seq"]]]
            must("R4", found == [(key(row["cell"]), row["unit"], row["amount"])], f"{where} {key(row['cell'])}: not negated once")
    for (txid, infno), times in Counter(name[:2] for name in groups).items():
        must("R5", times == 1 or infno not in SETTLES, f"{txid}: {party} settled it {times} times")

def totals(books, certificate, sent):
    """Each log adds up to its cells, and all logs to the books in the certificate, which names every transaction."""
    total = Counter()
    for party, t in ((party, t) for party in books for t in T):
        left = Counter({by_day(cell): cell["value"] for cell in books[party][t]["cells"]})
        for row in postings(books[party][t]["log"]):
            left[by_day(row["cell"])] -= row["amount"]
            total[party.split(":")[0], row["cell"]["kind"], row["unit"], t] += row["amount"]
        must("totals", not any(left.values()), f"{party} at {t}: its log does not add up to {[c for c in left if left[c]][:3]}")
    for line, t in ((line, t) for line in certificate["books"] for t in ("t0", "t1")):
        own = total[line["role"], line["book"], line["unit"], t]
        must("totals", own == line[t], f"{line['role']} {line['book']} at {t}: {own}, certified {line[t]}")
    named = {line["txid"] for line in certificate["transactions"]} ^ {one["txid"] for one in sent.values()}
    must("totals", not named, f"the certificate and the journal do not both name {sorted(named)[:3]}")

def recheck(run):
    sums(run)
    records, tail = chain(run)
    certificate, books = certified(run, records, tail), exports(run, records)
    ours = {(one["origin"], one["msgid"]): one for one in records if one["kind"] in ("INTENT", "COMP_INTENT")}
    sent = {message: one for message, one in ours.items() if one.get("nature") in ("forward", "unknown")}
    visit = lambda one: (one["infno"].replace("2302", "2301"), one["ids"].get("mdtrt_id"))  # one 2302 takes all uploads of a stay
    undo = {m: [one["txid"]] + [up["txid"] for up in sent.values() if visit(up) == visit(one)] for m, one in ours.items() if "undoes_infno" in one}
    gone = lambda shown: {canonical(row) for rows, _ in looks(shown) for row in rows} - set(map(canonical, shown["t2"]["log"]))
    skipped.extend(one["party"] for one in records[0]["plan"].get("purge", []) if gone(books[one["party"]]))  # by whose order
    for party, shown in ((party, shown) for party, shown in books.items() if party not in skipped):
        own = {row["seq"] for row in shown["t2"]["log"] if cause(row) in ours}
        foreign, day = lambda row: not {row["seq"], row.get("reverses")} & own, records[0]["plan"]["same_day"]
        r1_r2(party, shown, foreign, by_day if day else overall)
        r4_r5(party, shown["t2"]["log"], sent, undo, overall)
    totals(books, certificate, sent)
    review(run, tail, records, certificate, must, sha, canonical)
    for rule, state in ((rule["rule"], rule["state"]) for rule in certificate["rules"] if rule["rule"] in ("R1", "R2", "R4", "R5")):
        must("certificate", (state == "violated") == bool(problems[rule]) or skipped and state == "violated", f"it says {rule} {state}")
    must("certificate", certificate["verdict"] == "clean", f"its verdict is {certificate['verdict']}")
if __name__ == "__main__":
    try:
        recheck(pathlib.Path(sys.argv[1]))
    except (OSError, ValueError, LookupError, AttributeError, TypeError, AssertionError, sqlite3.Error) as error:
        problems["evidence"].append(f"it ends here: {type(error).__name__}: {error}")
    for step in ("sums", "chain", "certificate", "exports", "R1", "R2", "R4", "R5", "totals", "review", "evidence"):
        print("\n    ".join([f"{step:<11} {compared[step]:>8} compared, {len(problems[step])} wrong"] + problems[step][:20]))
    print("".join(f"not checked: declared purge of {party}\n" for party in skipped) + f"rechecked: {sum(compared.values())} compared, {(wrong := sum(map(len, problems.values())))} wrong")
    sys.exit(1 if wrong else 2 if skipped else 0)
