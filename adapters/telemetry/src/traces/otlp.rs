//! `ExportTraceServiceRequest` of OTLP 1.x in the binary form of Protocol Buffers
//! (`opentelemetry/proto/collector/trace/v1`, `trace/v1`, `common/v1`, `resource/v1`): the few
//! fields that we have, written in the order of their numbers.
//!
//! Four messages of a stable format are less than the crates that would write them; a test with
//! the Python package of the format's makers reads what is written here.

use super::span::{Span, SpanKind, Value};

/// The media type.
pub(crate) const CONTENT_TYPE: &str = "application/x-protobuf";

/// The scope that every span belongs to.
const SCOPE: &str = "gatelodge";

/// Wire types.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const BYTES: u64 = 2;
const FIXED32: u64 = 5;

/// `SpanFlags`: sampled; whether the parent is remote is known; it is.
const SAMPLED: u32 = 0x001;
const IS_REMOTE_KNOWN: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;
/// `Status.code`.
const STATUS_ERROR: u64 = 2;

/// A message in the making.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }

    fn key(&mut self, field: u64, wire: u64) {
        self.varint(field << 3 | wire);
    }

    fn number(&mut self, field: u64, value: u64) {
        self.key(field, VARINT);
        self.varint(value);
    }

    fn fixed64(&mut self, field: u64, value: u64) {
        self.key(field, FIXED64);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn fixed32(&mut self, field: u64, value: u32) {
        self.key(field, FIXED32);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, value: &[u8]) {
        self.key(field, BYTES);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    fn inner(&mut self, field: u64, write: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        write(&mut inner);
        self.bytes(field, &inner.0);
    }

    /// `KeyValue` of an `AnyValue`.
    fn attribute(&mut self, field: u64, name: &str, value: &Value) {
        self.inner(field, |pair| {
            pair.bytes(1, name.as_bytes());
            pair.inner(2, |any| match value {
                Value::Text(text) => any.bytes(1, text.as_bytes()),
                Value::Switch(switch) => any.number(2, u64::from(*switch)),
                Value::Whole(number) => any.number(3, number.cast_unsigned()),
                Value::Number(number) => any.fixed64(4, number.to_bits()),
            });
        });
    }

    fn span(&mut self, span: &Span) {
        self.bytes(1, &span.trace.0);
        self.bytes(2, &span.id.0);
        if let Some(parent) = span.parent {
            self.bytes(4, &parent.0);
        }
        self.bytes(5, span.name.as_bytes());
        self.number(
            6,
            match span.kind {
                SpanKind::Internal => 1,
                SpanKind::Server => 2,
                SpanKind::Client => 3,
            },
        );
        self.fixed64(7, span.began);
        self.fixed64(8, span.ended);
        for (name, value) in &span.attributes {
            self.attribute(9, name, value);
        }
        if span.failed {
            self.inner(15, |status| status.number(3, STATUS_ERROR));
        }
        let remote = if span.is_continued { IS_REMOTE } else { 0 };
        self.fixed32(16, SAMPLED | IS_REMOTE_KNOWN | remote);
    }
}

/// The request that hands these spans over, all of one resource.
pub(crate) fn request(resource: &[(&'static str, Value)], spans: &[Span]) -> Vec<u8> {
    let mut request = Message::default();
    request.inner(1, |of_resource| {
        of_resource.inner(1, |message| {
            for (name, value) in resource {
                message.attribute(1, name, value);
            }
        });
        of_resource.inner(2, |of_scope| {
            of_scope.inner(1, |scope| {
                scope.bytes(1, SCOPE.as_bytes());
                scope.bytes(2, env!("CARGO_PKG_VERSION").as_bytes());
            });
            for span in spans {
                of_scope.inner(2, |message| message.span(span));
            }
        });
    });
    request.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traces::ids::{SpanId, TraceId};

    #[test]
    fn numbers_are_written_in_groups_of_seven_bits() {
        for (value, bytes) in [
            (0, vec![0]),
            (127, vec![127]),
            (128, vec![0x80, 1]),
            (150, vec![0x96, 1]),
            (
                u64::MAX,
                vec![255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
            ),
        ] {
            let mut message = Message::default();
            message.varint(value);
            assert_eq!(message.0, bytes, "{value}");
        }
    }

    /// Read by `opentelemetry-proto` of PyPI as what stands in it, and written anew by it as the
    /// same bytes.
    #[test]
    fn a_span_is_written_as_its_makers_write_it() {
        let span = Span {
            trace: TraceId([1; 16]),
            id: SpanId([2; 8]),
            parent: Some(SpanId([3; 8])),
            is_continued: true,
            name: "GET /x".into(),
            kind: SpanKind::Server,
            began: 5,
            ended: 9,
            attributes: vec![
                ("t", Value::Text("ä".to_owned())),
                ("w", Value::Whole(-1)),
                ("n", Value::Number(0.5)),
                ("s", Value::Switch(true)),
            ],
            failed: true,
        };
        let mut message = Message::default();
        message.span(&span);
        let written: String = message
            .0
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        assert_eq!(
            written,
            "0a1001010101010101010101010101010101\
             12080202020202020202\
             22080303030303030303\
             2a06474554202f78\
             3002\
             390500000000000000\
             410900000000000000\
             4a090a017412040a02c3a4\
             4a100a0177120b18ffffffffffffffffff01\
             4a0e0a016e120921000000000000e03f\
             4a070a017312021001\
             7a021802\
             850101030000"
        );
        let resource = [("service.name", Value::Text("gatelodge".to_owned()))];
        let whole = request(&resource, std::slice::from_ref(&span));
        assert_eq!(whole[0], 0x0a);
        assert!(whole.ends_with(&message.0));
    }
}
