//! 线路 · A connection's bytes on their way to hyper: heads that announce two lengths, and peers that do not read.
//!
//! Why so: a head with both `Content-Length` and `Transfer-Encoding` means one message to one reader and two to the
//! next; hyper follows the second and forgets the first, so nobody behind it could refuse. And a peer that sends
//! questions and never reads answers would keep them here for ever.
//! Not here: anything that hyper sees itself (slow heads, too many headers).

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How long a peer may leave an answer unread.
const READ_PATIENCE: Duration = Duration::from_secs(8);

/// 线路 · A socket that is watched.
pub(super) struct Line {
    stream: TcpStream,
    heads: Heads,
    two_lengths: Arc<AtomicBool>,
    unread: Option<Pin<Box<Sleep>>>,
}

impl Line {
    /// A line, and what becomes true once a head on it has announced two lengths.
    pub(super) fn new(stream: TcpStream) -> (Line, Arc<AtomicBool>) {
        let two_lengths = Arc::new(AtomicBool::new(false));
        let line = Line {
            stream,
            heads: Heads::default(),
            two_lengths: Arc::clone(&two_lengths),
            unread: None,
        };
        (line, two_lengths)
    }

    /// Whatever was to be written: done, or waited for within patience.
    fn patient<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.unread = None;
            return written;
        }
        let sleep = self
            .unread
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(READ_PATIENCE)));
        match sleep.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = read
            && self.heads.read(&buffer.filled()[before..])
        {
            self.two_lengths.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.patient(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.patient(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Longest of the two names, with its colon.
const NAME_MAX: usize = 18;

/// 头行 · Lines that begin like one of the two headers, between one blank line and the next. Bodies go by too: a line of
/// one that begins so is no JSON, and its message is refused for that.
#[derive(Default)]
struct Heads {
    line: [u8; NAME_MAX],
    /// Bytes of this line so far, at most as many as matter.
    length: usize,
    content_length: bool,
    transfer_encoding: bool,
}

impl Heads {
    /// True once both have been announced in one head.
    fn read(&mut self, bytes: &[u8]) -> bool {
        let mut both = false;
        for &byte in bytes {
            if byte == b'\n' {
                both |= self.end_line();
            } else {
                if self.length < NAME_MAX {
                    self.line[self.length] = byte.to_ascii_lowercase();
                }
                self.length = (self.length + 1).min(NAME_MAX + 1);
            }
        }
        both
    }

    fn end_line(&mut self) -> bool {
        let line = &self.line[..self.length.min(NAME_MAX)];
        if matches!(line, b"" | b"\r") {
            (self.content_length, self.transfer_encoding) = (false, false);
        }
        self.content_length |= line.starts_with(b"content-length:");
        self.transfer_encoding |= line.starts_with(b"transfer-encoding:");
        self.length = 0;
        self.content_length && self.transfer_encoding
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(
        "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        true
    )]
    #[case(
        "POST / HTTP/1.1\nTRANSFER-ENCODING:x\na: b\ncontent-length:3\n\n",
        true
    )]
    #[case("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", false)]
    #[case(
        "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        false
    )]
    #[case(
        "POST / HTTP/1.1\r\nx-content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n",
        false
    )]
    fn two_lengths_are_seen_however_the_bytes_arrive(#[case] bytes: &str, #[case] both: bool) {
        for step in [1, 2, 3, 7, 1_000] {
            let mut heads = Heads::default();
            let mut seen = false;
            for piece in bytes.as_bytes().chunks(step) {
                seen |= heads.read(piece);
            }
            assert_eq!(seen, both, "in pieces of {step}");
        }
    }
}
