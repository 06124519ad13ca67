//! 文件 · 9101 takes a file, 9102 gives one, 1301 offers the catalogue as one: zips that hold one text.
//!
//! A ticket names a file for a day and for the institution that it was made for. Files are no books: like receipts they
//! are of this process, and whoever asks for one after a restart is told that it is gone. What is unpacked is counted
//! while it is unpacked, so a small file that holds a huge one is refused before it is there.
//! Not here: what stands in the files of a reconciliation (`detail`).

use std::collections::VecDeque;
use std::io::{Cursor, Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crosswipe_domain::{Moment, Tariff};
use crosswipe_wire::{Members, ObjectText, Refusal, RefusalCode, write_ok};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::{Ask, Region, must};
use crate::machine::{Answer, Step, is_file};

/// Largest file as it is sent: what a message may hold.
const LARGEST: usize = 8 << 20;
/// Largest text in one.
const LARGEST_TEXT: u64 = 64 << 20;
/// Files that are kept at a time, and what they may weigh together; the oldest goes first.
const MOST: usize = 200;
const ROOM: usize = 64 << 20;
/// How long a ticket is good.
const DAY_MS: i64 = 24 * 3_600_000;
/// The name under which files of the catalogue are fetched.
const CATALOGUE: &str = "plc";

/// 文件柜 · Files that were taken or made, newest last.
#[derive(Default)]
pub(super) struct Files(VecDeque<Kept>);

struct Kept {
    ticket: String,
    /// The institution that may have it; `None` = any.
    owner: Option<String>,
    until: Moment,
    bytes: Vec<u8>,
}

impl Files {
    fn put(&mut self, kept: Kept) {
        self.0.push_back(kept);
        let weight =
            |files: &VecDeque<Kept>| files.iter().map(|kept| kept.bytes.len()).sum::<usize>();
        while self.0.len() > MOST || (self.0.len() > 1 && weight(&self.0) > ROOM) {
            self.0.pop_front();
        }
    }

    /// The file of a ticket, for this institution at this instant.
    pub(super) fn get(&self, ticket: &str, origin: &str, now: Moment) -> Result<&[u8], Refusal> {
        let mine = |kept: &&Kept| {
            kept.ticket == ticket
                && now < kept.until
                && kept.owner.as_deref().is_none_or(|owner| owner == origin)
        };
        let found = self.0.iter().find(mine).map(|kept| &kept.bytes[..]);
        found.ok_or_else(|| refused(format!("file_qury_no {ticket}: 文件不存在或已过期")))
    }
}

fn refused(why: impl Into<String>) -> Refusal {
    Refusal::new(RefusalCode::Field, why)
}

impl Region {
    /// 9101, 9102, 1301.
    pub(super) fn file(&mut self, ask: &Ask<'_>) -> Result<Step, Refusal> {
        match ask.request.infno.base() {
            "9101" => self.take_file(ask),
            "9102" => self.give_file(ask),
            _ => self.offer_catalogue(ask),
        }
    }

    /// Keeps a file under a new ticket; says until when.
    pub(super) fn keep_file(
        &mut self,
        now: Moment,
        owner: Option<&str>,
        bytes: Vec<u8>,
    ) -> (String, Moment) {
        let (ticket, until) = (self.issue(now), now.plus_ms(DAY_MS));
        self.files.put(Kept {
            ticket: ticket.clone(),
            owner: owner.map(str::to_owned),
            until,
            bytes,
        });
        (ticket, until)
    }

    fn take_file(&mut self, ask: &Ask<'_>) -> Result<Step, Refusal> {
        let bytes = bytes_of(&ask.node)?;
        if bytes.len() > LARGEST {
            return Err(refused(format!("in: 文件超过 {} MiB", LARGEST >> 20)));
        }
        if !is_file(&bytes) {
            return Err(refused("in: 不是 zip 文件"));
        }
        let filename = must(&ask.node, "filename")?.into_owned();
        let origin = ask.hop.cause.origin.as_str();
        let (ticket, until) = self.keep_file(ask.now, Some(origin), bytes);
        let nodes = [
            ("file_qury_no", text(&ticket)),
            ("filename", text(&filename)),
            ("fixmedins_code", text(origin)),
            ("dld_endtime", text(&until.wire())),
        ];
        let receipt = self.desk.receipt(ask.now);
        Ok(Step::Reply(Answer::ok(write_ok(&receipt, &nodes))))
    }

    fn give_file(&mut self, ask: &Ask<'_>) -> Result<Step, Refusal> {
        let ticket = must(&ask.node, "file_qury_no")?;
        let bytes = self.files.get(&ticket, &ask.hop.cause.origin, ask.now)?;
        Ok(Step::Reply(Answer::file(bytes.to_vec())))
    }

    fn offer_catalogue(&mut self, ask: &Ask<'_>) -> Result<Step, Refusal> {
        let drugs = self.setup.topology.tariffs.iter().filter(|item| item.drug);
        let lines: Vec<String> = drugs.map(line_of).collect();
        let count = lines.len();
        let bytes = zipped("plc.txt", &lines.concat())?;
        let (ticket, until) = self.keep_file(ask.now, None, bytes);
        let nodes = [
            ("file_qury_no", text(&ticket)),
            ("filename", text(CATALOGUE)),
            ("dld_end_time", text(&until.wire())),
            ("data_cnt", count.to_string()),
        ];
        let receipt = self.desk.receipt(ask.now);
        Ok(Step::Reply(Answer::ok(write_ok(&receipt, &nodes))))
    }
}

/// A JSON text.
fn text(value: &str) -> String {
    let object = ObjectText::new().text("", value).finish();
    object[4..object.len() - 1].to_owned()
}

/// An item of the catalogue: code, name, level, ceiling, share borne up front.
fn line_of(item: &Tariff) -> String {
    let ceiling = item.ceiling.map(|price| price.to_string());
    format!(
        "{}\t{}\t{}\t{}\t{}\n",
        item.code,
        item.name,
        item.class.code(),
        ceiling.unwrap_or_default(),
        item.selfpay
    )
}

/// The member `in`: Base64, or a list of bytes as Java writes them (signed).
fn bytes_of(node: &Members<'_>) -> Result<Vec<u8>, Refusal> {
    let bad = || refused("fsUploadIn.in: 应为 Base64 文本或字节数组");
    let raw = node.raw("in").ok_or_else(bad)?;
    if raw.starts_with('[') {
        let numbers: Vec<i16> = serde_json::from_str(raw).map_err(|_| bad())?;
        let byte = |number: &i16| match number {
            -128..=255 => Some(number.to_le_bytes()[0]),
            _ => None,
        };
        return numbers
            .iter()
            .map(byte)
            .collect::<Option<_>>()
            .ok_or_else(bad);
    }
    let text = node.text("in").ok_or_else(bad)?;
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(plain).map_err(|_| bad())
}

/// A zip that holds one text; the same text always gives the same bytes.
pub(super) fn zipped(name: &str, text: &str) -> Result<Vec<u8>, Refusal> {
    let failed = |error: &dyn std::fmt::Display| refused(format!("zip: {error}"));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    zip.start_file(name, options)
        .map_err(|error| failed(&error))?;
    zip.write_all(text.as_bytes())
        .map_err(|error| failed(&error))?;
    let done = zip.finish().map_err(|error| failed(&error))?;
    Ok(done.into_inner())
}

/// The one text that a zip holds.
pub(super) fn unzipped(bytes: &[u8]) -> Result<String, Refusal> {
    let bad = |why: &str| refused(format!("文件: {why}"));
    let mut parts = ZipArchive::new(Cursor::new(bytes)).map_err(|_| bad("zip 无法打开"))?;
    if parts.len() != 1 {
        return Err(bad("zip 内应只有一个文本文件"));
    }
    let part = parts.by_index(0).map_err(|_| bad("zip 内的文件无法读取"))?;
    let mut text = Vec::new();
    let read = part.take(LARGEST_TEXT + 1).read_to_end(&mut text);
    if read.is_err() {
        return Err(bad("zip 内的文件无法解压"));
    }
    if text.len() as u64 > LARGEST_TEXT {
        return Err(bad("解压后超过 64 MiB"));
    }
    String::from_utf8(text).map_err(|_| bad("文本应为 UTF-8"))
}
