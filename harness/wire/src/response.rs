//! 应答 · Reads an answer in every shape that platforms give it.
//!
//! `output` comes as object, JSON text, null, bare list, or not at all; `infcode` as number or text.
//! Called by `classify` and `runner`. Not here: what the answer proves (`classify`).

use std::borrow::Cow;

use crate::json::{self, WireError};
use crate::members::Members;

/// 应答 · An answer as it was read.
#[derive(Clone, Debug)]
pub struct Response<'a> {
    /// 交易状态码
    pub infcode: Infcode,
    /// 接收方报文ID
    pub inf_refmsgid: Option<Cow<'a, str>>,
    /// 错误信息
    pub err_msg: Option<Cow<'a, str>>,
    /// 提示信息
    pub warn_msg: Option<Cow<'a, str>>,
    /// 接收报文时间
    pub refmsg_time: Option<Cow<'a, str>>,
    /// 响应报文时间
    pub respond_time: Option<Cow<'a, str>>,
    /// 输出
    pub output: Output<'a>,
    /// The whole envelope.
    pub envelope: Members<'a>,
}

/// 交易状态码 · What `infcode` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Infcode {
    /// Zero, as number or text.
    Ok,
    /// Anything else, as it was written.
    Failed(String),
}

/// 输出 · The shapes of `output`.
#[derive(Clone, Debug)]
pub enum Output<'a> {
    /// Null, empty text, or no member at all.
    None,
    /// Nodes by name, or flat members.
    Object(Members<'a>),
    /// A bare list (5204).
    List(Vec<Members<'a>>),
    /// Something that is no JSON container.
    Scalar(Cow<'a, str>),
}

impl<'a> Response<'a> {
    /// Reads an answer.
    ///
    /// # Errors
    /// Bytes that are no JSON object within the limits, or an object without `infcode`.
    pub fn parse(body: &'a [u8]) -> Result<Response<'a>, WireError> {
        let (text, _) = json::open(body)?;
        Response::of(Members::parse(text)?)
    }

    pub(crate) fn of(envelope: Members<'a>) -> Result<Response<'a>, WireError> {
        let infcode = match envelope.text("infcode").ok_or(WireError::NoInfcode)? {
            zero if is_zero(&zero) => Infcode::Ok,
            other => Infcode::Failed(other.into_owned()),
        };
        Ok(Response {
            infcode,
            inf_refmsgid: envelope.text("inf_refmsgid"),
            err_msg: envelope.text("err_msg"),
            warn_msg: envelope.text("warn_msg"),
            refmsg_time: envelope.text("refmsg_time"),
            respond_time: envelope.text("respond_time"),
            output: read_output(&envelope),
            envelope,
        })
    }

    /// A node of the output as one object: the first element if it is a list.
    pub fn node(&self, id: &str) -> Option<Members<'a>> {
        self.members()?.object(id)
    }

    /// A node of the output as a list: an object counts as a list of one.
    pub fn nodes(&self, id: &str) -> Vec<Members<'a>> {
        self.members()
            .map(|members| members.list(id))
            .unwrap_or_default()
    }

    /// The rows of a bare list; of the only list of an object too, since some platforms wrap it.
    pub fn array(&self) -> Vec<Members<'a>> {
        match &self.output {
            Output::List(items) => items.clone(),
            Output::Object(members) => {
                let mut lists = members.iter().filter(|(_, raw)| raw.starts_with('['));
                match (lists.next(), lists.next()) {
                    (Some((name, _)), None) => members.list(name),
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }

    /// The members directly under `output`.
    pub fn members(&self) -> Option<&Members<'a>> {
        match &self.output {
            Output::Object(members) => Some(members),
            _ => None,
        }
    }
}

/// `0`, `"0"`, `00`, `0.0`: whatever a client's number type makes of zero.
fn is_zero(text: &str) -> bool {
    text.bytes().any(|b| b == b'0') && text.bytes().all(|b| matches!(b, b'0' | b'.'))
}

fn read_output<'a>(envelope: &Members<'a>) -> Output<'a> {
    let Some(raw) = envelope.raw("output") else {
        return Output::None;
    };
    let text = match raw.as_bytes()[0] {
        b'"' => match envelope.text("output") {
            Some(text) => text,
            None => return Output::None,
        },
        _ => Cow::Borrowed(raw),
    };
    match text.as_bytes()[0] {
        b'{' => envelope
            .object("output")
            .map_or(Output::None, Output::Object),
        b'[' => Output::List(envelope.list("output")),
        b'n' if text == "null" => Output::None,
        _ => Output::Scalar(Cow::Owned(text.into_owned())),
    }
}
