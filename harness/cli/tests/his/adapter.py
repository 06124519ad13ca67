#!/usr/bin/env python3
"""一家被驱动的 HIS · A HIS with books of its own that is driven through the adapter (mocks/his-adapter.json).

usage: adapter.py PORT INSTITUTION FILE [SLIP…]
Keeps its books in FILE, a line a group, and prints its address. A SLIP makes it wrong in one way, at every message that it
is about: keeps, books-other, sends-other, own-number, twice, swallows, invents, silent-undo, blind, stranger, old, dies=N, forgets=N.
"""
import http.server, json, os, sys, threading, urllib.error, urllib.parse, urllib.request
from decimal import Decimal

port, institution, file, *slips = sys.argv[1:]
LINES, VISIT, BILL = ("2204", "2301"), ("2201", "2401"), ("2207", "2304")
UNDO = {"2202": VISIT, "2404": VISIT, "2205": LINES, "2302": LINES, "2208": BILL, "2305": BILL, "2405": ("2402",)}
at = {name: int(number) for name, _, number in (slip.partition("=") for slip in slips) if number}


def fen(amount):
    return int(Decimal(str(amount)) * 100)


class Books:
    """An own log: groups of entries, each for one message; what is undone negates what it names."""

    def __init__(self):
        self.log, self.rows, self.cells, self.fence, self.group = [], {}, {}, {}, 0
        if os.path.exists(file):
            for line in open(file, encoding="utf-8"):
                self.take(json.loads(line))

    def take(self, group):
        for entry in group:
            self.log.append(entry)
            if entry["entry"] == "row":
                row = self.rows.setdefault((entry["kind"], entry["id"]), {"kind": entry["kind"], "id": entry["id"], "facts": {}, "amounts": {}, "cause": entry["cause"], "person": entry.get("person")})
                row["status"] = entry["status"]
                row["facts"] |= entry.get("facts", {})
                row["amounts"] |= entry.get("amounts", {})
            elif entry["entry"] == "posting":
                key = json.dumps(entry["cell"], sort_keys=True), entry["unit"]
                self.cells[key] = self.cells.get(key, 0) + entry["amount"]
            else:
                self.fence[entry["msgid"]] = entry["state"]
        self.group += 1

    def book(self, group):
        with open(file, "a", encoding="utf-8") as kept:
            kept.write(json.dumps(group, ensure_ascii=False) + "\n")
            kept.flush()
            os.fsync(kept.fileno())
        self.take(group)

    def of(self, msgid):
        return [entry for entry in self.log if entry["cause"]["msgid"] == msgid]


class Draft:
    """What one message means for the books."""

    def __init__(self, books, now, message, person):
        self.books, self.now, self.person, self.entries = books, now, person, []
        self.cause = {"origin": institution, "msgid": message["msgid"], "infno": message["infno"]}

    def add(self, **entry):
        base = {"seq": len(self.books.log) + len(self.entries), "at": self.now, "cause": self.cause, "group": self.books.group}
        if self.person:
            base["person"] = self.person
        self.entries.append(base | entry)

    def row(self, kind, key, status, facts=None, amounts=None):
        was = self.books.rows.get((kind, key), {}).get("status")
        self.add(entry="row", kind=kind, id=key, status=status, **({"was": was} if was else {}), **({"facts": facts} if facts else {}), **({"amounts": amounts} if amounts else {}))

    def post(self, kind, dims, unit, amount, reverses=None):
        if amount:
            self.add(entry="posting", cell={"kind": kind, "dims": dims}, unit=unit, amount=amount, **({} if reverses is None else {"reverses": reverses}))

    def close(self):
        self.add(entry="fence", origin=institution, msgid=self.cause["msgid"], state="applied")
        self.books.book(self.entries)

    def undo(self, msgids):
        """Negates what these messages booked, and turns their rows back."""
        turned = {"visit": "cancelled", "fee-detail": "cancelled", "settlement": "reversed", "invoice": "red-letter"}
        for msgid in msgids:
            for entry in self.books.of(msgid):
                if entry["entry"] == "posting":
                    self.post(entry["cell"]["kind"], entry["cell"]["dims"], entry["unit"], -entry["amount"], entry["seq"])
                elif entry["entry"] == "row":
                    # A row that was turned goes back to what it was; one that was born goes.
                    self.row(entry["kind"], entry["id"], entry.get("was", turned[entry["kind"]]))
            self.add(entry="fence", origin=institution, msgid=msgid, state="reversed")


def settle(draft, data, answer, insutype):
    info = answer["output"]["setlinfo"]
    key, person = info["setl_id"], info["psn_no"]
    amounts = {name: fen(value) for name, value in info.items() if isinstance(value, (int, float, str)) and (name.endswith("_pay") or name.endswith("_amt") or name in ("medfee_sumamt", "act_pay_dedc", "fund_pay_sumamt")) and value != ""}
    amounts = {name: value for name, value in amounts.items() if name != "balc"}
    amounts |= {"fund:" + one["fund_pay_type"]: fen(one["fund_payamt"]) for one in answer["output"].get("setldetail") or [] if not one["fund_pay_type"].endswith("200")}
    if "books-other" in slips:
        for name in ("medfee_sumamt", "psn_cash_pay", "psn_part_amt"):
            amounts[name] += 100
    facts = {"setl_id": key, "mdtrt_id": info["mdtrt_id"], "insutype": info.get("insutype") or insutype, "refd_setl_flag": "0", "medins_setl_id": info.get("medins_setl_id", "")}
    total, cash = amounts["medfee_sumamt"], amounts["psn_cash_pay"]
    fund, account = amounts["fund_pay_sumamt"], amounts.get("acct_pay", 0)
    draft.row("settlement", key, "settled", facts, amounts)
    draft.post("settlement", {"person": person}, "count", 1)
    draft.post("cash", {}, "fen", cash)
    draft.post("receivable", {}, "fen", total - cash)
    draft.post("revenue", {}, "fen", -total)
    day = {"clr_type": info.get("clr_type") or "11", "day": draft.now[:10], "institution": institution, "insutype": facts["insutype"]}
    for item, unit, amount in (("medfee", "memo_fen", total), ("fund", "memo_fen", fund), ("acct", "memo_fen", account), ("count", "count", 1)):
        draft.post("reconciliation", day | {"item": item}, unit, amount)
    draft.row("invoice", "INV-" + key, "valid", {"setl_id": key}, {"medfee_sumamt": total})
    draft.post("invoice", {}, "count", 1)
    for (kind, line), row in list(draft.books.rows.items()):
        if kind == "fee-detail" and row["status"] == "charged" and row["facts"]["mdtrt_id"] == info["mdtrt_id"]:
            draft.row("fee-detail", line, "settled", {"setl_id": key})


def unsettled(draft, data, answer):
    """The negative settlement that stands beside the one that was undone."""
    info = answer["output"]["setlinfo"]
    original = draft.books.rows.get(("settlement", data["setl_id"]))
    if original:
        draft.row("settlement", info["setl_id"], "reversal", original["facts"] | {"setl_id": info["setl_id"], "refd_setl_flag": "1", "original": data["setl_id"], "medins_setl_id": info.get("medins_setl_id", "")}, {name: -value for name, value in original["amounts"].items()})


def targets(books, infno, data):
    """The messages that an undo is about, as these books know them."""
    kinds, found = UNDO[infno], []
    for entry in books.log:
        cause = entry["cause"]
        if cause["infno"][:4] not in kinds or books.fence.get(cause["msgid"]) != "applied" or cause["msgid"] in found or entry["entry"] != "row":
            continue
        facts = entry.get("facts", {})
        if any(one.get("setl_id") == entry["id"] or infno not in ("2208", "2305") and one.get("mdtrt_id") in (facts.get("mdtrt_id"), entry["id"]) for one in data):
            found.append(cause["msgid"])
    return found


def listed(data):
    return data if isinstance(data, list) else [data]


def book(books, now, message, answer):
    infno, node = message["infno"], message["input"]
    base, msgid = infno[:4], message["msgid"]
    if books.fence.get(msgid):
        return
    data = next(iter(node.values()))
    first = listed(data)[0]
    person = first.get("psn_no")
    draft = Draft(books, now, message, person)
    if base in VISIT:
        given = answer["output"].get("data") or answer["output"]["result"]
        draft.row("visit", given["mdtrt_id"], "registered" if base == "2201" else "admitted", {"mdtrt_id": given["mdtrt_id"], "insutype": first["insutype"], "insuplc_admdvs": message["insuplc_admdvs"]})
        draft.post("visit", {"person": person}, "count", 1)
        if base == "2401":
            draft.post("in-hospital", {"person": person}, "count", 1)
    elif base == "2203":
        draft.row("visit", first["mdtrt_id"], books.rows["visit", first["mdtrt_id"]]["status"], {"med_type": first["med_type"]})
    elif base in LINES:
        split = {one["feedetl_sn"]: one for one in listed(answer["output"]["result"])}
        for line in listed(data):
            given = split[line["feedetl_sn"]]
            amounts = {name: fen(given.get(name) or 0) for name in ("fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt")}
            amounts["det_item_fee_sumamt"] = fen(line["det_item_fee_sumamt"])
            draft.row("fee-detail", line["mdtrt_id"] + "/" + line["feedetl_sn"], "charged", {"mdtrt_id": line["mdtrt_id"], "feedetl_sn": line["feedetl_sn"], "med_list_codg": line["med_list_codg"]}, amounts)
            draft.post("fee-detail", {"person": person}, "count", 1)
    elif base in BILL:
        settle(draft, first, answer, first.get("insutype", ""))
    elif base == "2402":
        draft.row("visit", first["mdtrt_id"], "discharged", {"endtime": first.get("endtime", "")})
        draft.post("in-hospital", {"person": person}, "count", -1)
    elif base in UNDO:
        if "keeps" in slips and base in ("2208", "2305"):
            return
        draft.undo(targets(books, base, listed(data)))
        if base in ("2208", "2305"):
            unsettled(draft, first, answer)
    elif base == "2601" and books.fence.get(first["omsgid"]) == "applied":
        draft.person = next((entry.get("person") for entry in books.of(first["omsgid"])), None)
        draft.undo([first["omsgid"]])
    else:
        return
    draft.close()


class His:
    def __init__(self):
        self.books, self.lock = Books(), threading.RLock()
        self.platform, self.run, self.count, self.under_way, self.sent = None, (None, 0), 0, 0, {}

    def begin(self, said):
        if said["institution"] != institution:
            return 409, {"message": "this is " + institution}
        self.platform, self.run = said["platform"], (said["run"], said["epoch"])
        return 200, self.introduced()

    def introduced(self):
        return {"adapter": "crosswipe.his/1" if "old" not in slips else "crosswipe.his/0",
                "institution": institution if "stranger" not in slips else "H99999999999", "books": "blind" not in slips}

    def order(self, body, context):
        if self.platform is None:
            return 409, b'{"message":"no run has begun"}'
        told = dict(part.split("=", 1) for part in (context or "").split(";") if "=" in part)
        if urllib.parse.unquote(told.get("run", "")) == self.run[0] and int(told["epoch"]) < self.run[1]:
            return 409, b'{"message":"the run was taken over"}'
        message = json.loads(body)
        base = message["infno"][:4]
        with self.lock:
            self.count += 1
            if at.get("dies") == self.count:
                os._exit(9)
            if at.get("forgets") == self.count:
                self.platform = None
                return 409, b'{"message":"no run has begun"}'
        if "swallows" in slips and base in BILL:
            return 504, b'{"message":"no answer from the platform"}'
        if "silent-undo" in slips and base in ("2208", "2305") or "invents" in slips and base == "2402":
            said = {"infcode": 0, "inf_refmsgid": "0" * 30, "refmsg_time": "", "respond_time": "", "err_msg": "", "output": {"setlinfo": {"setl_id": "1", "mdtrt_id": "1", "medins_setl_id": message["msgid"]}}}
            return 200, json.dumps(said).encode()
        if "own-number" in slips and base in BILL:
            message["msgid"] = message["msgid"][:-4] + "9%s" % message["msgid"][-3:]
            body = json.dumps(message, ensure_ascii=False).encode()
        if "sends-other" in slips and base in LINES:
            line = listed(message["input"]["feedetail"])[0]
            line["cnt"] = float(line["cnt"]) + 1
            line["det_item_fee_sumamt"] = float(Decimal(str(line["pric"])) * Decimal(str(line["cnt"])))
            body = json.dumps(message, ensure_ascii=False).encode()
        status, answer = self.send(body, context)
        if "twice" in slips and base in VISIT:
            again = message | {"msgid": message["msgid"][:-4] + "8%s" % message["msgid"][-3:]}
            self.send(json.dumps(again, ensure_ascii=False).encode(), context)
        now = told.get("now") or "2030-03-02T12:00:00.000+08:00"
        try:
            said = json.loads(answer)
        except ValueError:
            said = {}
        if status == 200 and str(said.get("infcode")) == "0":
            with self.lock:
                book(self.books, now, message, said)
        return status, answer

    def send(self, body, context):
        headers = {"Content-Type": "application/json;charset=utf-8"} | ({"x-crosswipe": context} if context else {})
        request = urllib.request.Request(self.platform + "/", data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=8) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            # Whether the platform took it nobody knows.
            return 504, b'{"message":"no answer from the platform"}'

    def export(self, now):
        with self.lock:
            books = self.books
            cells = [json.loads(cell) | {"unit": unit, "value": value} for (cell, unit), value in books.cells.items()]
            rows = [{name: value for name, value in row.items() if value is not None} for row in books.rows.values()]
            return {"schema": "crosswipe.export/1", "party": "his:" + institution, "taken_at": now, "lsn": len(books.log), "cells": cells, "rows": rows, "log": list(books.log), "queues": []}

    def tail(self, since, now):
        with self.lock:
            return {"party": "his:" + institution, "from": since, "lsn": len(self.books.log), "taken_at": now, "rows": self.books.log[since:]}


his = His()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, body):
        body = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        context = self.headers.get("x-crosswipe") or ""
        now = dict(part.split("=", 1) for part in context.split(";") if "=" in part).get("now", "2030-03-02T12:00:00.000+08:00")
        path, _, query = self.path.partition("?")
        if path == "/__admin/health":
            return self.say(200, {"status": "ok", "in_flight": his.under_way} | his.introduced())
        if "blind" not in slips and path == "/__admin/export/his":
            return self.say(200, his.export(now))
        if "blind" not in slips and path == "/__admin/log/his":
            return self.say(200, his.tail(int(query.partition("from=")[2] or 0), now))
        self.say(404, {"message": "not found"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/__admin/begin":
            return self.say(*his.begin(json.loads(body)))
        with his.lock:
            his.under_way += 1
        try:
            said = his.order(body, self.headers.get("x-crosswipe"))
        finally:
            with his.lock:
                his.under_way -= 1
        self.say(*said)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


server = Server(("127.0.0.1", int(port)), Handler)
print("127.0.0.1:%d" % server.server_address[1], flush=True)
server.serve_forever()
