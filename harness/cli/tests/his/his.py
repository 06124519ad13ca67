#!/usr/bin/env python3
"""一家医院的 HIS · A HIS that knows nothing of crosswipe: signs in, registers, charges, settles and undoes, in one dialect.

usage: his.py ADDRESS DIALECT INSTITUTION KEY SECRET PLACE INSURED PSN_NO ID_NUMBER [gbk] [leave] [forge] [late] [elsewhere] [text] [sm2=PRIVATE] [sm4=KEY] [pub=PLATFORM]
Writes one line of JSON a message: infno, HTTP status, infcode or code, err_msg or message. `leave` settles and goes home.
"""
import base64, hashlib, hmac, json, os, sys, time, urllib.parse, urllib.request, uuid

import sealing

address, dialect, institution, key, secret, place, insured, psn_no, id_number, *flags = sys.argv[1:]
encoding = "gbk" if "gbk" in flags else "utf-8"
SERVICES = {
    "9001": "signInSignOutService/signIn", "1101": "fsiPsnInfoService/queryPsnInfo",
    "2201": "outpatientDocInfoService/outpatientRregistration", "2202": "outpatientDocInfoService/outpatientRegistrationCancel",
    "2203": "outpatientDocInfoService/outpatientMdtrtinfoUp", "2204": "outpatientDocInfoService/outpatientFeeListUp",
    "2205": "outpatientDocInfoService/outpatientFeeListUpCancel", "2206": "outpatientSettleService/preSettletment",
    "2207": "outpatientSettleService/saveSettletmentA", "2208": "outpatientSettleService/cancleSettletment",
}
typed = dict(flag.split("=") for flag in flags if "=" in flag)
serial = os.getpid() * 37 % 10000  # two tills of one hospital must not use one number in the same second


def msgid():
    global serial
    serial += 1
    return institution + time.strftime("%Y%m%d%H%M%S") + "%04d" % (serial % 10000)


def head(infno, body):
    """Path and headers as the gateway of the dialect wants them."""
    now = time.time() - (3 * 86400 if "late" in flags else 0)
    if dialect == "x-tif":
        stamp, nonce = str(int(now)), uuid.uuid4().hex
        signature = hashlib.sha256((stamp + secret + nonce + stamp).encode()).hexdigest()
        return "/ebus/gdyb_api/fsprd/hsa/hgs/" + infno, {
            "x-tif-paasid": key, "x-tif-timestamp": stamp, "x-tif-nonce": nonce, "x-tif-signature": signature}
    if dialect == "csb":
        named = {"_api_name": infno, "_api_version": "1.0", "_api_timestamp": str(int(now * 1000)), "_api_access_key": key}
        text = "&".join(f"{name}={named[name]}" for name in sorted(named))
        named["_api_signature"] = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
        return "/CSB", named
    if dialect == "zhejiang":
        stamp = str(int(now))
        signature = hmac.new(secret.encode(), stamp.encode() + b"\n" + body, "sm3").hexdigest().upper()
        return "/fsi/api/" + SERVICES[infno.rstrip("A")], {"x-ca-key": key, "x-ca-signature": stamp + ":" + signature}
    path = "/fsi/api/rsfComIfsService/callService"
    return path, {"apikey": secret} if dialect == "apikey" else {}


def call(infno, node, data, number=None):
    message = {
        "infno": infno, "msgid": number or msgid(), "mdtrtarea_admvs": place, "insuplc_admdvs": insured,
        "recer_sys_code": "HIS", "dev_no": "", "dev_safe_info": "", "cainfo": "", "signtype": "", "infver": "V1.0",
        "opter_type": "1", "opter": "mks", "opter_name": "窗口甲", "inf_time": time.strftime("%Y-%m-%d %H:%M:%S"),
        "fixmedins_code": institution, "fixmedins_name": "虚构医院", "sign_no": sign_no,
        "input": {node: data} if isinstance(node, str) else dict(zip(node, data))}
    if "text" in flags or "sm2" in typed:
        message["input"] = json.dumps(message["input"], ensure_ascii=False)
    if "sm2" in typed:
        message["cainfo"], message["signtype"] = sealing.sm2_sign(typed["sm2"], message["input"].encode()), "SM2"
        if "forge" in flags:
            message["input"] = message["input"].replace("mks", "MKS")
    body = json.dumps(message, ensure_ascii=False, indent=1 if dialect == "csb" else None).encode(encoding)
    path, headers = head(infno, body)
    if "forge" in flags:
        headers = {name: value[:-4] + "0000" if "ignature" in name or name == "apikey" else value for name, value in headers.items()}
    if "elsewhere" in flags:
        path = path.replace(infno, "2208")
    headers["Content-Type"] = "text/plain" if dialect == "bare" else f"application/json;charset={encoding}"
    request = urllib.request.Request(address + path, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            status, raw = reply.status, reply.read()
    except urllib.error.HTTPError as error:
        status, raw = error.code, error.read()
    answer = json.loads(raw.decode(encoding))
    said = answer.get("err_msg") or answer.get("message")
    code = answer["infcode"] if "infcode" in answer else answer.get("code")
    print(json.dumps({"infno": infno, "status": status, "code": code, "said": said}), flush=True)
    if int(code) != 0:
        sys.exit(1)
    opened = sealing.sm4_open(typed["sm4"], answer["output"]) if "sm4" in typed and answer["output"] is not None else None
    if "pub" in typed:
        text = f"{code}{answer['inf_refmsgid']}{opened or ''}"
        assert sealing.sm2_verify(typed["pub"], text.encode(), answer["cainfo"]), answer
    if opened is not None:
        return json.loads(opened)
    return answer["output"]


sign_no = ""
sign_no = call("9001", "signIn", {"opter_no": "mks", "mac": "05-34-71", "ip": "192.168.1.7"})["signinoutb"]["sign_no"]
person = call("1101", "data", {
    "mdtrt_cert_type": "02", "mdtrt_cert_no": id_number, "card_sn": "", "begntime": time.strftime("%Y-%m-%d %H:%M:%S"),
    "psn_cert_type": "01", "certno": id_number, "psn_name": ""})
assert person["baseinfo"]["psn_no"] == psn_no, person["baseinfo"]["psn_no"]
insutype = next(row["insutype"] for row in person["insuinfo"] if row["insuplc_admdvs"] == insured)
now, own = time.strftime("%Y-%m-%d %H:%M:%S"), "MZ" + uuid.uuid4().hex[:12]
visit = call("2201", "data", {
    "psn_no": psn_no, "insutype": insutype, "begntime": now, "mdtrt_cert_type": "02", "mdtrt_cert_no": id_number,
    "ipt_otp_no": own, "atddr_no": "D999999999871", "dr_name": "医生甲", "dept_code": "A03", "dept_name": "内科", "caty": "A03"})
mdtrt_id = visit["data"]["mdtrt_id"]
call("2203A" if dialect != "x-tif" else "2203", ("mdtrtinfo", "diseinfo"), (
    {"mdtrt_id": mdtrt_id, "psn_no": psn_no, "med_type": "11", "begntime": now},
    [{"diag_type": "1", "diag_srt_no": 1, "diag_code": "J06.900", "diag_name": "上呼吸道感染", "diag_dept": "内科",
      "dise_dor_no": "D999999999871", "dise_dor_name": "医生甲", "diag_time": now, "vali_flag": "1"}]))
price = "25.00" if dialect == "zhejiang" else 25  # some write numbers as text
split = call("2204", "feedetail", [
    {"feedetl_sn": f"{own}{line}", "mdtrt_id": mdtrt_id, "psn_no": psn_no, "chrg_bchno": own, "rxno": own, "rx_circ_flag": "0",
     "fee_ocur_time": now, "med_list_codg": "CS0001", "medins_list_codg": "Y1", "cnt": 1, "pric": price,
     "det_item_fee_sumamt": price, "bilg_dept_codg": "A03", "bilg_dept_name": "内科",
     "bilg_dr_codg": "D999999999871", "bilg_dr_name": "医生甲", "hosp_appr_flag": "1"} for line in (1, 2)])
assert len(split["result"]) == 2
bill = {
    "psn_no": psn_no, "mdtrt_cert_type": "02", "mdtrt_cert_no": id_number, "med_type": "11", "medfee_sumamt": 50,
    "psn_setlway": "01", "mdtrt_id": mdtrt_id, "chrg_bchno": own, "acct_used_flag": "0", "insutype": insutype}
trial = call("2206", "data", bill)["setlinfo"]
total = lambda name: round(sum(float(line[name]) for line in split["result"]), 2)
bill |= {"invono": own, "fulamt_ownpay_amt": total("fulamt_ownpay_amt"), "overlmt_selfpay": total("overlmt_amt"),
         "preselfpay_amt": total("preselfpay_amt"), "inscp_scp_amt": total("inscp_scp_amt")}
settled = call("2207A" if dialect == "zhejiang" else "2207", "data", bill)["setlinfo"]
assert float(trial["psn_cash_pay"]) == float(settled["psn_cash_pay"]) and float(settled["medfee_sumamt"]) == 50, settled
if "leave" not in flags:
    undone = call("2208", "data", {"setl_id": settled["setl_id"], "psn_no": psn_no, "mdtrt_id": mdtrt_id})["setlinfo"]
    assert float(undone["medfee_sumamt"]) == -50, undone
    call("2205", "data", {"mdtrt_id": mdtrt_id, "chrg_bchno": own, "psn_no": psn_no})
    call("2202", "data", {"psn_no": psn_no, "mdtrt_id": mdtrt_id, "ipt_otp_no": own})
