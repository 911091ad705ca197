"""A service in Python: a catalogue that may be kept by caches. Start: PORT=8082 python3 catalog.py"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PRODUCTS = [{"sku": f"A-{number}", "priceMinor": 999 + number} for number in range(200)]


class Catalog(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self):
        if self.path == "/healthz":
            return self.answer(200, b"well", "text/plain")
        Catalog.asked += 1
        body = json.dumps({"asked": Catalog.asked, "products": PRODUCTS}).encode()
        return self.answer(200, body, "application/json", {"Cache-Control": "max-age=60"})

    def answer(self, status, body, content_type, headers=None):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8082"))), Catalog).serve_forever()
