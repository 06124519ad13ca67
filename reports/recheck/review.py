"""复核簿 · Whether what people said after a run hangs on its journal and speaks of this run; read by recheck.py and papers.py."""
import json

def review(run, tail, records, certificate, must, sha, canonical):
    """Each line of review.jsonl holds the hash of the one before, the first one the journal's tail; review.head names the
    last line that was written whole; a signature is of the certificate that lies there."""
    path, head, reviewed = (run / name for name in ("review.jsonl", "review.head", "certificate.reviewed.json"))
    if not path.exists():
        for left in filter(lambda file: file.exists(), (head, reviewed)):
            must("review", False, f"review.jsonl is gone, {left.name} is left")
        return
    digests = {sha(file.read_bytes()): json.loads(file.read_bytes())["verdict"] for file in (run / "certificate.json", reviewed) if file.exists()}
    cases = {case["case"] for case in records[0]["plan"]["cases"]} | {record["case"] for record in records if record["kind"] == "CASE_STARTED"}
    known = {"case": cases, "transaction": {one["txid"] for one in certificate["transactions"]}}
    lines, before = path.read_bytes().split(b"\n"), tail
    must("review", lines.pop() == b"", "the last line was cut")
    said = [json.loads(line) for line in lines]
    for n, (text, line) in enumerate(zip(lines, said)):
        core = {key: value for key, value in line.items() if key != "sha256"}
        must("review", text == canonical(line).encode(), f"line {n + 1}: not as it was written")
        must("review", (line["seq"], line["prev_sha256"], line["sha256"]) == (n, before, sha(canonical(core).encode())), f"line {n + 1}: not bound to the one before it")
        before = line["sha256"]
        (kind, told), = line["act"].items()
        on = told.get("on")
        for what, name in on.items() if isinstance(on, dict) else ():
            must("review", what not in known or name in known[what], f"line {n + 1}: the run has no {what} {name}")
        if kind == "sign":
            superseded = any("explain-foreign" in later["act"] for later in said[n + 1:])
            must("review", told["journal_tail"] == tail, f"line {n + 1}: signed for another journal")
            must("review", superseded or digests.get(told["certificate_sha256"]) == told["verdict"], f"line {n + 1}: signed for another certificate")
    if said:
        must("review", head.exists(), "review.head is gone")
        kept = json.loads(head.read_bytes())
        named = said[kept["lines"] - 1] if 0 < kept["lines"] <= len(said) else {}
        must("review", named.get("sha256") == kept["sha256"], f"review.head names line {kept['lines']} of {len(said)}, which is not that one")
    print(f"review: {len(said)} lines, by {', '.join(sorted({line['by'] for line in said})) or 'nobody'}; its end {before[:32]}")
