import { describe, expect, test } from "bun:test";
import { frameOf } from "@libs/testing";
import { record } from "../../test/websocket/recorded.ts";
import { RecordingWire } from "../../test/websocket/recording-wire.ts";
import type { AppSocketHandlers } from "./app-socket.ts";
import { ServerSockets } from "./server-sockets.ts";

const head = Buffer.from("HEAD");

function start(handlers: AppSocketHandlers = {}) {
  const recorded = record(handlers);
  const sockets = new ServerSockets(recorded.handlers);
  const open = () => {
    const wire = new RecordingWire();
    const takeover = sockets.open(wire, "data", head);
    const socket = recorded.sockets.all.at(-1);
    if (socket === undefined) throw new Error("none was opened");
    return { wire, takeover, socket };
  };
  return { ...recorded, sockets, open };
}

const plain = (text: string) => frameOf(text, { masked: false });

describe("one write", () => {
  test("carries the handshake's response and what is sent in the open handler", () => {
    const { wire, socket } = start({ open: (one) => void one.send("welcome") }).open();
    expect(wire.writes).toEqual([Buffer.concat([head, plain("welcome")])]);
    expect(socket.data).toBe("data");
  });

  test("carries what all frames of one read cause", () => {
    const { wire, takeover } = start({
      message: (one, text) => void one.send(`re ${text.toString()}`),
    }).open();
    const frames = [frameOf("a"), frameOf("!", { opcode: 9 }), frameOf("b")];
    takeover.received(Buffer.concat(frames));
    const answers = [plain("re a"), frameOf("!", { opcode: 10, masked: false }), plain("re b")];
    expect(wire.writes.slice(1)).toEqual([Buffer.concat(answers)]);
  });

  test("carries what a cork's callback sends; what it sends to another socket has its own", () => {
    const { open } = start();
    const [one, other] = [open(), open()];
    one.socket.cork(() => {
      one.socket.send("1");
      one.socket.cork(() => void one.socket.send("2"));
      other.socket.cork(() => {
        other.socket.send("a");
        other.socket.send("b");
      });
      one.socket.send("3");
    });
    expect(one.wire.writes.slice(1)).toEqual([Buffer.concat([plain("1"), plain("2")]), plain("3")]);
    expect(other.wire.writes.slice(1)).toEqual([Buffer.concat([plain("a"), plain("b")])]);
  });

  test("happens even if the callback throws", () => {
    const { wire, socket } = start().open();
    expect(() =>
      socket.cork(() => {
        socket.send("sent");
        throw new Error("boom");
      }),
    ).toThrow("boom");
    expect(wire.writes.at(-1)).toEqual(plain("sent"));
  });

  test("carries the close after what was sent before it", () => {
    const { wire, socket } = start().open();
    socket.cork(() => {
      socket.send("last");
      socket.close(4000, "");
      socket.send("never");
    });
    const close = frameOf(Buffer.from([0x0f, 0xa0]), { opcode: 8, masked: false });
    expect(wire.writes.slice(1)).toEqual([Buffer.concat([plain("last"), close])]);
    expect(wire.calls).toEqual(["end"]);
  });

  test("is split in order if it exceeds the cork's buffer", () => {
    const { wire, socket } = start().open();
    const texts = ["a", "b", "c"].map((letter) => letter.repeat(30_000));
    const large = "ü".repeat(100_000);
    socket.cork(() => {
      for (const text of texts) socket.send(text);
      socket.send(large);
      socket.send(Buffer.from("end"));
    });
    expect(Buffer.concat(wire.writes.slice(1))).toEqual(
      Buffer.concat([...texts.map(plain), plain(large), frameOf("end", { opcode: 2, masked: false })]),
    );
  });

  test("is skipped for a socket that was closed meanwhile", () => {
    const { wire, socket } = start().open();
    socket.cork(() => {
      socket.send("never");
      socket.terminate();
    });
    expect(wire.writes.slice(1)).toEqual([]);
    expect(wire.calls).toEqual(["terminate"]);
  });
});

describe("a silent client", () => {
  const sweep = (sockets: ServerSockets, seconds: number) => {
    for (let second = 0; second < seconds; second += 1) sockets.sweep();
  };
  const ping = frameOf("", { opcode: 9, masked: false });

  test("is pinged once before the limit, and disconnected at it", () => {
    const { sockets, open, events } = start({ idleTimeout: 30 });
    const { wire } = open();
    sweep(sockets, 25);
    expect(wire.writes.length).toBe(1);
    sweep(sockets, 1);
    expect(wire.writes.slice(1)).toEqual([ping]);
    sweep(sockets, 3);
    expect([wire.writes.length, events.all.length, sockets.size]).toEqual([2, 0, 1]);
    sweep(sockets, 1);
    expect(events.all).toEqual([["close", 1006, "WebSocket timed out from inactivity"]]);
    expect([wire.calls, sockets.size]).toEqual([["terminate"], 0]);
  });

  test("stays connected if it answers the ping", () => {
    const { sockets, open, events } = start({ idleTimeout: 8 });
    const { wire, takeover } = open();
    for (let round = 0; round < 3; round += 1) {
      sweep(sockets, 7);
      takeover.received(frameOf("", { opcode: 10 }));
    }
    expect(wire.writes.slice(1)).toEqual([ping, ping, ping]);
    expect(events.all.map(([kind]) => kind)).toEqual(["pong", "pong", "pong"]);
  });

  test("does not count as silent while it reads what it is sent", () => {
    const { sockets, open, events } = start({ idleTimeout: 8, sendPings: false });
    const { wire, socket } = open();
    for (let round = 0; round < 5; round += 1) {
      sweep(sockets, 7);
      socket.send("news");
    }
    expect(events.all).toEqual([]);
    wire.bufferedBytes = 10;
    sweep(sockets, 7);
    expect(socket.send("unread")).toBe(-1);
    sweep(sockets, 1);
    expect(events.all.length).toBe(1);
  });

  test("is neither pinged nor disconnected without a limit, or while it is paused", () => {
    const free = start({ idleTimeout: 0 });
    const unlimited = free.open();
    sweep(free.sockets, 2000);
    expect([unlimited.wire.writes.length, free.sockets.size]).toEqual([1, 1]);
    const bounded = start({ idleTimeout: 8 });
    const { socket } = bounded.open();
    socket.pause();
    sweep(bounded.sockets, 100);
    expect(bounded.sockets.size).toBe(1);
    socket.resume();
    sweep(bounded.sockets, 7);
    expect(bounded.sockets.size).toBe(1);
    sweep(bounded.sockets, 1);
    expect(bounded.sockets.size).toBe(0);
  });

  test("that does not close its side after a close frame is disconnected after a while", () => {
    const { sockets, open } = start({ idleTimeout: 0 });
    const [stays, leaves] = [open(), open()];
    stays.socket.pause();
    stays.socket.close(4000, "bye");
    leaves.socket.close(4000, "bye");
    leaves.takeover.closed();
    expect(stays.wire.calls).toEqual(["pause", "resume", "end"]);
    sweep(sockets, 5);
    expect(stays.wire.calls.at(-1)).toBe("end");
    sweep(sockets, 1);
    expect(stays.wire.calls.at(-1)).toBe("terminate");
    expect(leaves.wire.calls).toEqual(["end"]);
  });
});

describe("a publication", () => {
  test("is written together with those of its topic that follow it, when the turn ends", async () => {
    const { sockets, open } = start();
    const all = [open(), open()];
    for (const { socket } of all) socket.subscribe("news");
    for (const text of ["1", "2", "3"]) sockets.publish("news", text);
    expect(all.map(({ wire }) => wire.writes.length)).toEqual([1, 1]);
    await new Promise<void>((resolve) => void setImmediate(resolve));
    const gathered = Buffer.concat([plain("1"), plain("2"), plain("3")]);
    expect(all.map(({ wire }) => wire.writes.slice(1))).toEqual([[gathered], [gathered]]);
  });

  test("is written together with those of the member's other topics, in order", () => {
    const { sockets, open } = start();
    const [both, one] = [open(), open()];
    for (const topic of ["news", "sport"]) both.socket.subscribe(topic);
    one.socket.subscribe("sport");
    for (const [topic, text] of Object.entries({ news: "1", sport: "2" })) sockets.publish(topic, text);
    sockets.publish("news", "3");
    sockets.publications.flush();
    expect(both.wire.writes.slice(1)).toEqual([Buffer.concat(["1", "2", "3"].map(plain))]);
    expect(one.wire.writes.slice(1)).toEqual([plain("2")]);
  });

  test("is written at once if waiting would change the order", () => {
    const { sockets, open } = start();
    const [member, other] = [open(), open()];
    for (const topic of ["news", "sport"]) member.socket.subscribe(topic);
    sockets.publish("news", "1");
    other.socket.send("not its own");
    expect(member.wire.writes.length).toBe(1);
    member.socket.send("2");
    sockets.publish("news", "3");
    sockets.publish("sport", "4");
    expect(member.wire.writes.length).toBe(3);
    member.socket.ping();
    sockets.publish("news", "5");
    other.socket.subscribe("news");
    sockets.publish("news", "6");
    member.socket.unsubscribe("news");
    sockets.publish("sport", "7");
    member.socket.close(1005);
    const frames = ["1", "2", "3", "4", "ping", "5", "6", "7"].map((text) =>
      text === "ping" ? frameOf("", { opcode: 9, masked: false }) : plain(text),
    );
    const close = frameOf("", { opcode: 8, masked: false });
    expect(Buffer.concat(member.wire.writes.slice(1))).toEqual(Buffer.concat([...frames, close]));
    expect(other.wire.writes.slice(2)).toEqual([plain("6")]);
  });

  test("of a large size is written before the turn ends", () => {
    const { sockets, open } = start();
    const { wire, socket } = open();
    socket.subscribe("news");
    const text = "x".repeat(120_000);
    for (let index = 0; index < 5; index += 1) sockets.publish("news", text);
    expect(wire.writes.length).toBe(3);
  });

  test("above the gathered size keeps its place in the order", () => {
    const { sockets, open } = start();
    const { wire, socket } = open();
    for (const topic of ["news", "sport"]) socket.subscribe(topic);
    const large = "x".repeat(300_000);
    sockets.publish("news", "1");
    sockets.publish("sport", large);
    sockets.publish("news", "2");
    sockets.publish("sport", "3");
    sockets.publications.flush();
    const frames = ["1", large, "2", "3"].map(plain);
    expect(Buffer.concat(wire.writes.slice(1))).toEqual(Buffer.concat(frames));
  });

  test("skips a client that reads too slowly, and disconnects it if configured", () => {
    const cases = [false, true].flatMap((cuts) =>
      [["news"], ["news", "sport"]].map((topics) => ({ cuts, topics })),
    );
    for (const { cuts: closeOnBackpressureLimit, topics } of cases) {
      const { sockets, open } = start({ backpressureLimit: 10, closeOnBackpressureLimit });
      const all = [open(), open(), open()];
      for (const { socket } of all) for (const topic of topics) socket.subscribe(topic);
      const [, slow] = all;
      if (slow !== undefined) slow.wire.bufferedBytes = 11;
      for (const topic of topics) expect(sockets.publish(topic, "one")).toBe(3);
      sockets.publications.flush();
      expect(all.map(({ wire }) => wire.writes.length)).toEqual([2, 1, 2]);
      expect(sockets.size).toBe(closeOnBackpressureLimit ? 2 : 3);
    }
  });

  test("reaches all remaining members, in whatever order others leave", () => {
    const { sockets, open } = start();
    const all = Array.from({ length: 6 }, open);
    for (const { socket } of all) for (const topic of ["a", "b"]) socket.subscribe(topic);
    all[0]?.socket.unsubscribe("a");
    all[5]?.socket.terminate();
    all[2]?.takeover.closed();
    all[3]?.socket.close();
    const before = all.map(({ wire }) => wire.writes.length);
    sockets.publish("a", "x");
    sockets.publications.flush();
    sockets.publish("b", Buffer.from("y"));
    sockets.publications.flush();
    const heard = all.map(({ wire }, index) => wire.writes.length - (before[index] ?? 0));
    expect(heard).toEqual([1, 2, 0, 0, 2, 0]);
    for (const { socket } of all) socket.terminate();
    expect([sockets.publish("a", "x"), sockets.size]).toEqual([0, 0]);
  });
});

test("an error that no handler reports is an uncaught exception", async () => {
  const caught = Promise.withResolvers<unknown>();
  const sockets = new ServerSockets({
    message() {
      throw new Error("boom");
    },
  });
  const wire = new RecordingWire();
  const takeover = sockets.open(wire, null, head);
  const queue = globalThis.queueMicrotask;
  globalThis.queueMicrotask = (task) => {
    try {
      task();
    } catch (thrown) {
      caught.resolve(thrown);
    }
  };
  try {
    takeover.received(frameOf("x"));
  } finally {
    globalThis.queueMicrotask = queue;
  }
  expect(await caught.promise).toEqual(new Error("boom"));
  expect(sockets.size).toBe(1);
});
