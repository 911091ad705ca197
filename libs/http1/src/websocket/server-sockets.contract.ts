import { afterEach, describe, expect, test } from "bun:test";
import { frameOf, openRaw, type RawSocket } from "@libs/testing";
import { type Recorded, record } from "../../test/websocket/recorded.ts";
import type { ServeSockets, SocketServer } from "../../test/websocket/serve-sockets.ts";
import type { AppSocket, AppSocketHandlers } from "./app-socket.ts";

const closeFrame = (code: number, reason = "") =>
  frameOf(Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]), { opcode: 8 });
const closeOf = ({ frames }: RawSocket) => frames.find(({ opcode }) => opcode === 8);

/** What the gateway's handlers rely on, whichever implementation serves the sockets. */
export function describeServerSockets(name: string, serve: ServeSockets): void {
  describe(name, () => {
    const servers: SocketServer[] = [];
    afterEach(async () => {
      for (const server of servers.splice(0)) await server.stop();
    });

    interface Opened extends Recorded {
      readonly server: SocketServer;
      readonly client: RawSocket;
      readonly socket: AppSocket;
    }

    async function open(handlers: AppSocketHandlers = {}): Promise<Opened> {
      const recorded = record(handlers);
      const server = serve(recorded.handlers);
      servers.push(server);
      const client = await openRaw(server.port);
      return { ...recorded, server, client, socket: await recorded.sockets.next() };
    }

    test("sends text, bytes, pings and pongs in order, and returns their size", async () => {
      const { client, socket } = await open();
      expect(socket.readyState).toBe(1);
      expect(socket.remoteAddress).toBe("127.0.0.1");
      const long = "ü".repeat(100);
      expect(socket.send("text")).toBe(4);
      expect(socket.send(new Uint8Array([1, 2, 3]))).toBe(3);
      expect(socket.send(long)).toBe(200);
      expect(socket.send("")).toBe(0);
      expect(socket.ping(Buffer.from("p"))).toBe(1);
      expect(socket.pong()).toBe(0);
      const frames = await client.frames.atLeast(6);
      expect(frames.map(({ opcode, payload }) => [opcode, payload.toString()])).toEqual([
        [1, "text"],
        [2, "\u0001\u0002\u0003"],
        [1, long],
        [1, ""],
        [9, "p"],
        [10, ""],
      ]);
    });

    test.each([125, 126, 42_000, 65_535, 65_536, 300_000])("echoes a text of %d bytes", async (length) => {
      const { client } = await open({ message: (socket, text) => void socket.send(text) });
      const text = "y".repeat(length - 2) + "ß";
      client.write(frameOf(text));
      expect((await client.frames.next()).payload.toString()).toBe(text);
    });

    test("sends what was sent in the open handler first, in order", async () => {
      const { client } = await open({
        open(socket) {
          socket.send("welcome");
          socket.send("again");
        },
      });
      const frames = await client.frames.atLeast(2);
      expect(frames.map(({ payload }) => payload.toString())).toEqual(["welcome", "again"]);
    });

    test("delivers messages in order, fragments as one, and answers pings between them", async () => {
      const { client, events } = await open();
      client.write(
        Buffer.concat([
          frameOf("one"),
          frameOf("t", { fin: false }),
          frameOf("beat", { opcode: 9 }),
          frameOf("wo", { opcode: 0 }),
          frameOf(new Uint8Array([7]), { opcode: 2 }),
          frameOf("pulse", { opcode: 10 }),
        ]),
      );
      await events.atLeast(5);
      expect(events.all).toEqual([
        ["message", "one"],
        ["ping", "beat"],
        ["message", "two"],
        ["message", [7]],
        ["pong", "pulse"],
      ]);
      expect((await client.frames.next()).payload.toString()).toBe("beat");
    });

    test("the work of one message proceeds before the next message, even if both arrive together", async () => {
      const order: string[] = [];
      const { client } = await open({
        async message(socket, message) {
          order.push(`begins ${message.toString()}`);
          await Promise.resolve();
          await Promise.resolve();
          order.push(`ends ${message.toString()}`);
          socket.send(message);
        },
      });
      client.write(Buffer.concat([frameOf("a"), frameOf("b")]));
      await client.frames.atLeast(2);
      expect(order).toEqual(["begins a", "ends a", "begins b", "ends b"]);
    });

    const closes: [name: string, frame: Buffer, code: number, reason: string][] = [
      ["a code and a reason", closeFrame(4001, "bye"), 4001, "bye"],
      ["a code alone", closeFrame(1000), 1000, ""],
      ["neither", frameOf("", { opcode: 8 }), 1005, ""],
    ];
    test.each(closes)(
      "answers a close of %s, reports it, and delivers nothing after it",
      async (...close) => {
        const [, frame, code, reason] = close;
        const { client, events, socket } = await open();
        client.write(Buffer.concat([frame, frameOf("after")]));
        const { payload } = await closeOf(client);
        expect(payload.byteLength === 0 ? 1005 : payload.readUInt16BE(0)).toBe(code);
        await client.closed;
        expect(events.all).toEqual([["close", code, reason]]);
        expect([socket.readyState, socket.send("late"), socket.subscribe("x")]).toEqual([3, 0, false]);
      },
    );

    test("closes with a code and a reason, reports it before it returns, and accepts nothing more", async () => {
      const { client, events } = await open({
        message(socket) {
          socket.close(4000, "go");
          socket.close(4009, "again");
          expect([socket.readyState, socket.send("late"), socket.getBufferedAmount()]).toEqual([3, 0, 0]);
          expect(events.all.at(-1)).toEqual(["close", 4000, "go"]);
        },
      });
      client.write(Buffer.concat([frameOf("a"), frameOf("b")]));
      const { payload } = await closeOf(client);
      expect([payload.readUInt16BE(0), payload.toString("utf8", 2)]).toEqual([4000, "go"]);
      await client.closed;
      expect(events.all).toEqual([
        ["message", "a"],
        ["close", 4000, "go"],
      ]);
    });

    test.each([1005, 1006])("sends no code if it closes with %d", async (code) => {
      const { client, events, socket } = await open();
      socket.close(code, "");
      expect((await closeOf(client)).payload.byteLength).toBe(0);
      expect(events.all).toEqual([["close", code, ""]]);
    });

    test("reports a client that vanishes as 1006", async () => {
      const { client, events } = await open();
      client.end();
      expect(await events.next()).toEqual(["close", 1006, ""]);
    });

    test("terminates without a close frame, and reports it before it returns", async () => {
      const { client, events, socket } = await open();
      socket.terminate();
      expect(events.all).toEqual([["close", 1006, ""]]);
      expect(await client.closed).toBe(1006);
    });

    const faults: [name: string, bytes: Buffer, code: number, reason: RegExp][] = [
      ["no mask", frameOf("x", { masked: false }), 1002, /mask/],
      ["reserved bits", frameOf("x", { reserved: 4 }), 1002, /RSV/],
      ["an unknown opcode", frameOf("x", { opcode: 3 }), 1002, /opcode/],
      ["a continuation of nothing", frameOf("x", { opcode: 0 }), 1002, /continuation/],
      ["a long ping", frameOf("x".repeat(126), { opcode: 9 }), 1002, /control frame/],
      ["an invalid close code", closeFrame(1005), 1002, /close code/],
      ["a text that is not UTF-8", frameOf(Buffer.from([0xc3, 0x28])), 1007, /UTF-8/],
      ["too long a message", frameOf("x".repeat(1001)), 1009, /^Received too big message$/],
    ];
    test.each(faults)(
      "reports the fault of %s to the client, and 1006 with it to the app",
      async (...fault) => {
        const [, bytes, code, reason] = fault;
        const { client, events } = await open({ maxPayloadLength: 1000 });
        client.write(Buffer.concat([frameOf("fine"), bytes, frameOf("after")]));
        expect((await closeOf(client)).payload.readUInt16BE(0)).toBe(code);
        await client.closed;
        expect(events.all).toEqual([
          ["message", "fine"],
          ["close", 1006, expect.stringMatching(reason)],
        ]);
      },
    );

    test("buffers what a client does not read, drops above the limit, and reports when it is drained", async () => {
      const limit = 1_000_000;
      const { client, events, socket } = await open({ backpressureLimit: limit });
      client.pause();
      const chunk = Buffer.alloc(100_000, "x");
      const sent: number[] = [];
      while (sent.at(-1) !== 0 && sent.length < 1000) sent.push(socket.send(chunk));
      const waiting = sent.indexOf(-1);
      expect(waiting).toBeGreaterThan(0);
      expect(sent.slice(0, waiting)).toEqual(Array<number>(waiting).fill(chunk.byteLength));
      expect(sent.slice(waiting, -1).every((status) => status === -1)).toBe(true);
      expect(sent.at(-1)).toBe(0);
      expect(socket.getBufferedAmount()).toBeGreaterThan(limit);
      expect(socket.getBufferedAmount()).toBeLessThanOrEqual(limit + chunk.byteLength + 10);
      client.resume();
      expect(await events.next()).toEqual(["drain", 0]);
      expect(socket.send("after")).toBe(5);
      await client.frames.find(({ payload }) => payload.toString() === "after");
      // exactly the dropped one is missing
      expect(client.frames.all.length).toBe(sent.length);
    });

    test("disconnects a client that reaches the limit if configured", async () => {
      const { client, events, socket } = await open({
        backpressureLimit: 100_000,
        closeOnBackpressureLimit: true,
      });
      client.pause();
      for (let sent = 0; sent < 500 && socket.readyState === 1; sent += 1) socket.send(Buffer.alloc(100_000));
      expect(await events.next()).toEqual(["close", 1006, ""]);
    });

    test("sends buffered data before a close", async () => {
      const { client, socket } = await open();
      client.pause();
      const size = 12_000_000;
      expect(socket.send(Buffer.alloc(size))).toBe(-1);
      socket.close(4000, "bye");
      client.resume();
      const [first, second] = await client.frames.atLeast(2);
      expect([first?.payload.byteLength, second?.payload.readUInt16BE(0)]).toEqual([size, 4000]);
    });

    test("publishes to each subscriber once, and to nobody else", async () => {
      const { server, client, socket, sockets } = await open();
      const second = await openRaw(server.port);
      const other = await sockets.next();
      expect([socket.subscribe("news"), socket.subscribe("news"), other.subscribe("news")]).toEqual([
        true,
        true,
        true,
      ]);
      expect([socket.isSubscribed("news"), socket.isSubscribed("sport")]).toEqual([true, false]);
      server.publish("news", "one");
      expect([other.unsubscribe("news"), other.unsubscribe("news")]).toEqual([true, false]);
      server.publish("news", "two");
      server.publish("sport", "never");
      other.send("last");
      socket.send("last");
      await second.frames.find(({ payload }) => payload.toString() === "last");
      await client.frames.find(({ payload }) => payload.toString() === "last");
      const textsOf = ({ frames }: RawSocket) => frames.all.map(({ payload }) => payload.toString());
      expect([textsOf(client), textsOf(second)]).toEqual([
        ["one", "two", "last"],
        ["one", "last"],
      ]);
    });

    test("reads nothing from a paused socket until it is resumed", async () => {
      const { client, events, socket } = await open();
      socket.pause();
      client.write(frameOf("later"));
      const second = await openRaw(servers.at(-1)?.port ?? 0);
      second.write(frameOf("now"));
      expect(await events.next()).toEqual(["message", "now"]);
      socket.resume();
      expect(await events.next()).toEqual(["message", "later"]);
    });
  });
}
