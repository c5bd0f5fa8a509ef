"""The Python peer's server: threads, HTTP/1.1. Prints its port. See README.md."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEXTS = {
    "/ok": (200, b"hello from the server\n"),
    "/submit": (201, b"accepted\n"),
    "/error": (500, b"out of order\n"),
    "/file": (200, b"f" * 100_000),
    "/users/42/orders": (200, b"[]\n"),
}
NOT_HERE = (404, b"not here\n")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.partition("?")[0]
        if path == "/stream":
            self.stream()
        elif path in ("/empty", "/cached"):
            self.send_response(204 if path == "/empty" else 304)
            self.end_headers()
        else:
            self.text(*TEXTS.get(path, NOT_HERE))

    def text(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def stream(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for i in range(10):
            line = b"line %d\n" % i
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        """The tests read stdout for the port alone."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
