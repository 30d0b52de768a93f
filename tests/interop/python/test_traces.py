"""Traces, as the makers of OTLP read them: their own messages decode every byte that is sent, and
know every field in it."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import threading
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span
import pytest

from gatelodge import Server
from relying_party import Party

PATIENCE = 180


class Collector:
    """Answers as a collector does, and keeps what it got."""

    def __init__(self):
        self.bodies = []
        kept = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                assert self.path == "/v1/traces"
                assert self.headers["content-type"] == "application/x-protobuf"
                kept.append(self.rfile.read(int(self.headers["content-length"])))
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def wait_for(self, name):
        deadline = time.monotonic() + PATIENCE
        while True:
            requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
            spans = [
                span
                for request in requests
                for of_resource in request.resource_spans
                for of_scope in of_resource.scope_spans
                for span in of_scope.spans
            ]
            if any(span.name == name for span in spans):
                return requests, spans
            assert time.monotonic() < deadline, {span.name for span in spans}
            time.sleep(0.1)


@pytest.fixture(scope="module")
def traced():
    collector = Collector()
    server = Server(
        environment={
            "GATELODGE__TELEMETRY__ENDPOINT": collector.url,
            "GATELODGE__TELEMETRY__SERVICE_NAME": "gate of the house",
        }
    )
    Party(server.issuer, server.demo["confidential_client"]).client_credentials()
    requests, spans = collector.wait_for("POST /oauth2/token")
    yield collector, requests, spans
    server.stop()
    collector.server.shutdown()


def attributes(of):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in of}


def test_every_field_is_one_that_they_know(traced):
    collector, requests, _ = traced
    for body, request in zip(collector.bodies, requests):
        # Unknown or misplaced fields would be lost, or written in another order.
        request.DiscardUnknownFields()
        assert request.SerializeToString(deterministic=True) == body


def test_the_resource_is_the_service(traced):
    _, requests, _ = traced
    for request in requests:
        for of_resource in request.resource_spans:
            resource = attributes(of_resource.resource.attributes)
            assert resource["service.name"] == "gate of the house"
            assert {"service.version", "service.instance.id"} <= resource.keys()


def test_a_request_is_a_server_span_above_what_it_waited_for(traced):
    _, _, spans = traced
    root = next(span for span in spans if span.name == "POST /oauth2/token")
    assert root.kind == Span.SPAN_KIND_SERVER
    assert root.parent_span_id == b""
    assert len(root.trace_id) == 16 and len(root.span_id) == 8
    assert attributes(root.attributes)["http.response.status_code"] == 200
    assert attributes(root.attributes)["gatelodge.realm"] == "default"
    parts = [span for span in spans if span.parent_span_id == root.span_id]
    assert {"storage wait", "storage commit"} <= {span.name for span in parts}
    for part in parts:
        assert part.trace_id == root.trace_id
        assert part.kind == Span.SPAN_KIND_INTERNAL
        assert (
            root.start_time_unix_nano
            <= part.start_time_unix_nano
            <= part.end_time_unix_nano
            <= root.end_time_unix_nano + 1_000_000
        )
