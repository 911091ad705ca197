"""A client of the hub, written from docs/hub-protocol.md alone. Python 3.9, standard library only."""

import base64, json, os, random, secrets, socket, ssl, struct, time
from urllib.parse import urlsplit


class Closed(Exception):
    """The connection is gone. `final`: coming back is pointless."""

    def __init__(self, code, reason=""):
        super().__init__(f"{code} {reason}")
        self.code = code
        self.final = 3500 <= code < 4000 or code in (1002, 1003, 1007, 1009, 1010)


class Refused(Exception):
    """A frame, or the connection, was refused: `error` is the hub's, with code, message and retryable."""

    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.error = error


class Cartway:
    def __init__(self, url, session_id=None, token=None, on_frame=print, on_gap=print):
        self.url, self.token, self.on_frame, self.on_gap = url, token, on_frame, on_gap
        self.session_id = session_id or secrets.token_hex(16)  # its room is whose who can name it
        self.rooms = {}  # name -> (epoch, offset) of the last frame, or None
        self.socket, self.reconnect_after, self.attempt = None, 0, 0

    def send(self, type, payload):
        """Returns once the hub has acknowledged it; sent again under the same id until then, it counts once."""
        frame = {"type": type, "id": secrets.token_hex(16), "sessionId": self.session_id, "payload": payload}
        while True:
            try:
                return self.ask(frame)
            except Refused as refused:
                if not refused.error.get("retryable"):
                    raise
                time.sleep(max(refused.error.get("retryAfterMs", 0) / 1000, random.random()))
            except Closed as closed:
                if closed.final:
                    raise

    def join(self, room):
        self.connect()
        self.enter(room)

    def listen(self, seconds):
        """Takes what comes for so long, over lost connections."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                self.connect()
                self.receive(min(self.welcome["heartbeatMs"] / 1000, until - time.monotonic()))
            except TimeoutError:
                if time.monotonic() < until:
                    self.check()
            except Closed as closed:
                if closed.final:
                    raise

    def check(self):
        """Nothing was heard for long: whoever answers nothing now is gone."""
        self.write(1, b'{"type":"heartbeat"}')
        try:
            self.receive(8)
        except TimeoutError:
            self.drop()

    def connect(self):
        """Where there is no connection: with backoff and full jitter, and back into the rooms where they stood."""
        while self.socket is None:
            if self.attempt > 0:
                wait = random.uniform(0, min(30, 0.5 * 2**self.attempt)) + self.reconnect_after
                time.sleep(wait)
            self.attempt += 1
            try:
                self.open()
                self.attempt = self.reconnect_after = 0
                for room in list(self.rooms):
                    self.enter(room)
            except OSError:
                self.drop()
            except Refused as refused:
                if not refused.error.get("retryable"):
                    raise
                self.drop()
            except Closed as closed:
                if closed.final:
                    raise

    def enter(self, room):
        before = self.rooms.get(room)
        payload = {"room": room}
        if before is not None:
            payload["since"] = {"epoch": before[0], "offset": before[1]}
        self.rooms.setdefault(room, None)
        self.ask({"type": "join_room", "id": secrets.token_hex(8), "sessionId": self.session_id, "payload": payload})

    def ask(self, frame):
        if self.socket is None:
            self.connect()
        self.write(1, json.dumps(frame).encode())
        while True:
            try:
                answer = self.receive()
            except TimeoutError:
                self.drop()
                raise Closed(1006, "no answer") from None
            if answer.get("id") == frame["id"] and answer["type"] in ("ack", "error"):
                if answer["type"] == "error":
                    raise Refused(answer["error"])
                return answer

    def receive(self, seconds=30):
        """The next frame, after rooms were kept up by it."""
        frame = json.loads(self.read_text(seconds))
        type, payload, room = frame["type"], frame.get("payload"), frame.get("room")
        if type == "reconnect":
            self.reconnect_after = payload["afterMs"] / 1000
        elif type in ("room_joined", "room_lost"):
            self.placed(payload, type == "room_joined" and payload["recovered"])
        elif room in self.rooms:
            self.take(frame)
        elif type not in ("ack", "error", "welcome", "heartbeat", "history"):
            self.on_frame(frame)
        return frame

    def placed(self, at, recovered):
        before, now = self.rooms.get(at["room"]), (at["epoch"], at["offset"])
        if recovered and before is not None:
            return  # what was missed follows, from where we stood
        self.rooms[at["room"]] = now
        if before is not None and before != now:
            self.on_gap(at["room"])

    def take(self, frame):
        room, offset, at = frame["room"], frame.get("offset"), self.rooms[frame["room"]]
        if offset is None or at is None:
            return self.on_frame(frame)
        if offset <= at[1]:
            return
        if offset > at[1] + 1:
            return self.fill(room, at)
        self.rooms[room] = (at[0], offset)
        self.on_frame(frame)

    def fill(self, room, at):
        id = secrets.token_hex(8)
        since = {"epoch": at[0], "offset": at[1]}
        self.write(1, json.dumps({"type": "history", "id": id, "payload": {"room": room, "since": since}}).encode())
        while True:
            frame = json.loads(self.read_text(30))
            if frame["type"] == "history" and frame.get("id") == id:
                break  # what the room carried meanwhile is in it
        if not frame["payload"]["recovered"]:
            return self.placed(frame["payload"], False)
        for missed in frame["payload"]["frames"]:
            self.take(missed)

    # RFC 6455 from here on

    def open(self):
        url = urlsplit(self.url)
        port = url.port or (443 if url.scheme == "wss" else 80)
        self.socket, self.buffer = socket.create_connection((url.hostname, port), 10), b""
        if url.scheme == "wss":
            self.socket = ssl.create_default_context().wrap_socket(self.socket, server_hostname=url.hostname)
        protocols = "cartway.v1" if self.token is None else f"cartway.v1, bearer.{self.token}"
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: {protocols}\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self.buffer:
            self.fetch()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        if head.split(b" ", 2)[1] != b"101":
            length = next((int(l.split(b":")[1]) for l in head.lower().split(b"\r\n") if l.startswith(b"content-length:")), 0)
            raise Refused(json.loads(self.exactly(length))["error"])
        self.welcome = self.receive()["payload"]

    def read_text(self, seconds):
        if not self.buffer:
            self.socket.settimeout(max(0.001, seconds))
            self.fetch()
        self.socket.settimeout(30)
        text = b""
        while True:
            first, second = self.exactly(2)
            length = second & 127
            if length > 125:
                length = struct.unpack(">H" if length == 126 else ">Q", self.exactly(2 if length == 126 else 8))[0]
            data, opcode = self.exactly(length), first & 15
            if opcode == 8:
                self.drop()
                raise Closed(struct.unpack(">H", data[:2])[0] if data else 1005, data[2:].decode())
            if opcode == 9:
                self.write(10, data)
            elif opcode < 8:
                text += data
                if first & 128:
                    return text

    def write(self, opcode, data):
        length = len(data)
        size = struct.pack(">B", 128 | length) if length < 126 else struct.pack(">BH", 254, length) if length < 65536 else struct.pack(">BQ", 255, length)
        mask = os.urandom(4)
        self.socket.sendall(bytes([128 | opcode]) + size + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)))

    def exactly(self, count):
        while len(self.buffer) < count:
            self.fetch()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def fetch(self):
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise
        except OSError as error:
            self.drop()
            raise Closed(1006) from error
        if data == b"":
            self.drop()
            raise Closed(1006)
        self.buffer += data

    def drop(self):
        if self.socket is not None:
            self.socket.close()
        self.socket = None


if __name__ == "__main__":
    import sys

    def say(*words):
        print(*words, flush=True)

    shop = Cartway(
        sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:3000/ws",
        on_frame=lambda frame: say("frame", json.dumps(frame)),
        on_gap=lambda room: say("gap", room),
    )
    shop.send("cart_event", {"type": "view_page"})
    say("acknowledged", shop.session_id)
    shop.join(f"cart:{shop.session_id}")
    say("joined", shop.rooms)
    shop.listen(float(sys.argv[2]) if len(sys.argv) > 2 else 60)
