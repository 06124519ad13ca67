//! 请求 · Reads a request message, forgiving whatever real clients do.
//!
//! Called by the mock platforms' shells and by `check`. Values stay slices of the message.
//! Not here: whether it is allowed (`mocks`), whether it is well formed to the letter (`check`).

use std::borrow::Cow;

use crosswipe_domain::InfNo;

use crate::catalogue::catalogue;
use crate::check::{list, object};
use crate::finding::{FieldPath, Finding, Said, Weight};
use crate::json::{self, Extent, MAX_MEMBERS, WireError};
use crate::members::{Members, objects, same_word};

/// What platforms add to a message that one sends to the other (`hop`) names each of its lines once more.
const HOP_TIMES: usize = 4;

/// Node names of older drafts that clients still send one for the other.
const DRAFT_NODES: [&str; 7] = [
    "data",
    "mdtrtinfo",
    "feeinfo",
    "feedetail",
    "dscginfo",
    "adminfo",
    "catalogcompin",
];

/// 请求 · A request as it was read. Mandatory envelope fields that are missing are empty text.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// 交易编号
    pub infno: InfNo,
    /// 发送方报文ID
    pub msgid: Cow<'a, str>,
    /// 就医地
    pub mdtrtarea_admvs: Cow<'a, str>,
    /// 参保地
    pub insuplc_admdvs: Option<Cow<'a, str>>,
    /// 接收方系统代码
    pub recer_sys_code: Cow<'a, str>,
    /// 设备编号
    pub dev_no: Option<Cow<'a, str>>,
    /// 设备安全信息
    pub dev_safe_info: Option<Cow<'a, str>>,
    /// 数字签名信息, or an encrypted card PIN
    pub cainfo: Option<Cow<'a, str>>,
    /// 签名类型
    pub signtype: Option<Cow<'a, str>>,
    /// 接口版本号
    pub infver: Cow<'a, str>,
    /// 经办人类别
    pub opter_type: Cow<'a, str>,
    /// 经办人
    pub opter: Cow<'a, str>,
    /// 经办人姓名
    pub opter_name: Cow<'a, str>,
    /// 交易时间, as it was written
    pub inf_time: Cow<'a, str>,
    /// 定点医药机构编号
    pub fixmedins_code: Cow<'a, str>,
    /// 定点医药机构名称
    pub fixmedins_name: Cow<'a, str>,
    /// 签到编号
    pub sign_no: Option<Cow<'a, str>>,
    /// 输入, one member per node
    pub input: Members<'a>,
    /// 转发记录 · Written by a platform that sends the message on.
    pub hop: Option<Members<'a>>,
    /// The whole envelope.
    pub envelope: Members<'a>,
    /// What had to be forgiven to read it at all.
    pub notes: Vec<Finding>,
}

impl<'a> Request<'a> {
    /// Reads a request.
    ///
    /// # Errors
    /// Bytes that are no JSON object within the limits, or an object without `infno`; texts or members beyond what
    /// a request may hold.
    pub fn parse(body: &'a [u8]) -> Result<Request<'a>, WireError> {
        let (text, marked, extent) = json::measured(body)?;
        let envelope = Members::parse(text)?;
        let infno = InfNo::new(&envelope.text("infno").ok_or(WireError::NoInfno)?);
        let mut notes = Vec::new();
        if marked {
            notes.push(note("byte-order-mark", "", "UTF-8", "UTF-8 BOM"));
        }
        notes.extend(
            envelope
                .repeated()
                .map(|key| note("duplicate-key", key, "1", "> 1")),
        );
        let input = read_input(&envelope, &mut notes);
        within_limits(extent, &envelope, &input)?;
        let must = |name: &str| envelope.text(name).unwrap_or_default();
        Ok(Request {
            infno,
            msgid: must("msgid"),
            mdtrtarea_admvs: must("mdtrtarea_admvs"),
            insuplc_admdvs: envelope.text("insuplc_admdvs"),
            recer_sys_code: must("recer_sys_code"),
            dev_no: envelope.text("dev_no"),
            dev_safe_info: envelope.text("dev_safe_info"),
            cainfo: envelope.text("cainfo"),
            signtype: envelope.text("signtype"),
            infver: must("infver"),
            opter_type: must("opter_type"),
            opter: must("opter"),
            opter_name: must("opter_name"),
            inf_time: must("inf_time"),
            fixmedins_code: must("fixmedins_code"),
            fixmedins_name: must("fixmedins_name"),
            sign_no: envelope.text("sign_no"),
            hop: envelope.object("hop"),
            input,
            envelope,
            notes,
        })
    }

    /// A node as one object: the first element if it is a list; draft names and a missing node level are forgiven.
    pub fn node(&self, id: &str) -> Option<Members<'a>> {
        match self.key_of(id) {
            Some(key) => self.input.object(key),
            None => self.bare(),
        }
    }

    /// A node as a list: an object counts as a list of one.
    pub fn nodes(&self, id: &str) -> Vec<Members<'a>> {
        match self.key_of(id) {
            Some(key) => self.input.list(key),
            None => self.bare().into_iter().collect(),
        }
    }

    /// The name under which a node stands in this message.
    pub(crate) fn key_of<'i>(&self, id: &'i str) -> Option<&'i str> {
        let stands = |key: &str| self.input.raw(key).is_some_and(|raw| raw != "null");
        if stands(id) {
            return Some(id);
        }
        if !DRAFT_NODES.contains(&id) {
            return None;
        }
        DRAFT_NODES.into_iter().find(|key| stands(key))
    }

    /// True if the fields stand directly in `input`, and the transaction has one node only.
    pub(crate) fn lacks_node_level(&self) -> bool {
        let nodes = catalogue()
            .transaction(&self.infno)
            .map_or(&[][..], |transaction| &transaction.input);
        let is_node = |key: &str| {
            DRAFT_NODES.contains(&key) || nodes.iter().any(|node| same_word(node.id, key))
        };
        let is_field = |(key, raw): (&str, &str)| !raw.starts_with(['{', '[']) && !is_node(key);
        nodes.len() == 1 && !self.input.is_empty() && self.input.iter().all(is_field)
    }

    fn bare(&self) -> Option<Members<'a>> {
        self.lacks_node_level().then(|| self.input.clone())
    }
}

/// What a request may not exceed, JSON inside text included.
fn within_limits(
    extent: Extent,
    envelope: &Members<'_>,
    input: &Members<'_>,
) -> Result<(), WireError> {
    let texts = envelope.iter().chain(input.iter()).map(|(_, raw)| raw);
    let extent = texts
        .filter_map(json_in_text)
        .fold(extent, |sum, more| sum.with(more));
    let allowed = match envelope.raw("hop") {
        Some(_) => MAX_MEMBERS * HOP_TIMES,
        None => MAX_MEMBERS,
    };
    // A file is one long text, where it is no list of bytes.
    let has_file = envelope.text("infno").as_deref() == Some("9101");
    match extent {
        Extent { nul: true, .. } => Err(WireError::Nul),
        Extent { long: true, .. } if !has_file => Err(WireError::TextTooLong),
        Extent { members, .. } if members > allowed => Err(WireError::TooManyInAll { members }),
        _ => Ok(()),
    }
}

/// The extent of JSON that stands in a text value; a long text that only looks like JSON is too long.
fn json_in_text(raw: &str) -> Option<Extent> {
    let text = raw.starts_with('"').then(|| json::plain(raw)).flatten()?;
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let long = text.chars().nth(json::MAX_TEXT).is_some() && objects(raw).is_empty();
    let inner = json::guard(&text).unwrap_or_default();
    Some(inner.with(Extent {
        long,
        ..Extent::default()
    }))
}

/// `input` as object, as JSON text, or as a bare list that stands for its only node.
fn read_input<'a>(envelope: &Members<'a>, notes: &mut Vec<Finding>) -> Members<'a> {
    let Some(raw) = envelope.raw("input") else {
        return Members::default();
    };
    let input = match raw.as_bytes()[0] {
        b'"' => {
            notes.push(note(
                "input-as-text",
                "input",
                object(),
                Said::words("文本", "text"),
            ));
            envelope.object("input").unwrap_or_default()
        }
        b'[' => {
            notes.push(note("list-for-object", "input", object(), list()));
            let raw = envelope.find("input").cloned().unwrap_or_default();
            if objects(&raw).is_empty() {
                Members::default()
            } else {
                Members::single("data", raw)
            }
        }
        _ => envelope.object("input").unwrap_or_default(),
    };
    let input = without_extra_levels(input, notes);
    notes.extend(
        input
            .repeated()
            .map(|key| note("duplicate-key", key, "1", "> 1")),
    );
    input
}

/// 多一层 · `input` within `input`, or a node within a node of its own name.
fn without_extra_levels<'a>(mut input: Members<'a>, notes: &mut Vec<Finding>) -> Members<'a> {
    let is_box = |raw: &str| raw.starts_with(['{', '[']);
    let mut outermost = None;
    while input.len() == 1 {
        let Some(key) = input.iter().next().map(|(key, _)| key.to_owned()) else {
            break;
        };
        let Some(inner) = input.object(&key).filter(|inner| !inner.is_empty()) else {
            break;
        };
        let of_same_name = inner.len() == 1
            && inner
                .iter()
                .all(|(name, raw)| same_word(name, &key) && is_box(raw));
        let of_input = same_word(&key, "input") && inner.iter().all(|(_, raw)| is_box(raw));
        if !of_same_name && !of_input {
            break;
        }
        outermost.get_or_insert(key);
        input = inner;
    }
    if let Some(key) = outermost {
        let once = Said::words("一层", "one level");
        notes.push(note(
            "node-level",
            &key,
            once,
            Said::words("多套了一层", "one level too many"),
        ));
    }
    input
}

fn note(
    code: &'static str,
    field: &str,
    expected: impl Into<Said>,
    actual: impl Into<Said>,
) -> Finding {
    let path = FieldPath {
        field: field.to_owned(),
        ..FieldPath::default()
    };
    Finding {
        code,
        weight: Weight::Note,
        path,
        expected: expected.into(),
        actual: actual.into(),
    }
}
