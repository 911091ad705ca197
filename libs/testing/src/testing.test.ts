import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import {
  checkMetrics,
  createEventLog,
  createManualClock,
  createTemporaryDirectory,
  freePort,
  promtool,
  sendRaw,
  serverSuiteName,
  serverUrl,
  spawnScript,
  waitUntil,
} from "./index.ts";

describe("the manual clock", () => {
  test("fires timers in order of their due times, including those set meanwhile", async () => {
    const clock = createManualClock(0);
    const fired: string[] = [];
    clock.setTimeout(() => fired.push(`b@${clock.now()}`), 20);
    clock.setTimeout(() => {
      fired.push(`a@${clock.now()}`);
      clock.setTimeout(() => fired.push(`c@${clock.now()}`), 15);
    }, 10);
    const cancelled = clock.setTimeout(() => fired.push("never"), 5);
    clock.clearTimeout(cancelled);
    await clock.advance(30);
    expect(fired).toEqual(["a@10", "b@20", "c@25"]);
    expect([clock.now(), clock.pending()]).toEqual([30, 0]);
  });

  test("continues through several sleeps within one advance", async () => {
    const clock = createManualClock(0);
    const woken: number[] = [];
    const sleeper = (async () => {
      for (let round = 0; round < 3; round += 1) {
        await clock.sleep(10);
        woken.push(clock.now());
      }
    })();
    await clock.advance(100);
    await sleeper;
    expect(woken).toEqual([10, 20, 30]);
  });

  test("an aborted sleep leaves no timer behind", async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    const sleep = clock.sleep(1000, controller.signal);
    controller.abort(new Error("away"));
    await expect(sleep).rejects.toThrow("away");
    await expect(clock.sleep(1, controller.signal)).rejects.toThrow("away");
    expect(clock.pending()).toBe(0);
  });
});

describe("waiting", () => {
  test("until a condition holds returns its value, and tolerates errors before", async () => {
    let asked = 0;
    const value = await waitUntil(() => {
      asked += 1;
      if (asked === 1) throw new Error("not yet");
      return asked > 2 ? "there" : null;
    });
    expect(value).toBe("there");
  });

  test("reports at its timeout what it waited for, and the last failure", async () => {
    const inVain = waitUntil(() => Promise.reject(new Error("refused")), { what: "the port", timeoutMs: 1 });
    await expect(inVain).rejects.toMatchObject({
      message: "waited 1 ms in vain for the port",
      cause: new Error("refused"),
    });
  });

  test("for an event finds earlier and later ones", async () => {
    const log = createEventLog<string>();
    log.push("one");
    expect(await log.find((event) => event === "one")).toBe("one");
    const later = log.find((event) => event === "three");
    const both = log.atLeast(2);
    log.push("two");
    log.push("three");
    expect(await later).toBe("three");
    expect(await both).toHaveLength(2 + 1);
    expect([await log.next(), await log.next(), await log.next()]).toEqual(["one", "two", "three"]);
    await expect(log.next({ what: "a fourth", timeoutMs: 1 })).rejects.toThrow(
      "in vain for a fourth; 3 events had come",
    );
  });
});

test("a temporary directory exists while it is used and is removed afterwards", async () => {
  let path = "";
  {
    await using directory = await createTemporaryDirectory();
    path = directory.path;
    await writeFile(directory.file("a"), "text");
    expect(existsSync(directory.file("a"))).toBe(true);
  }
  expect(existsSync(path)).toBe(false);
});

test("a free port can be listened on", async () => {
  const port = await freePort();
  const server = Bun.serve({ port, hostname: "127.0.0.1", fetch: () => new Response("ok") });
  expect(await (await fetch(server.url)).text()).toBe("ok");
  await server.stop(true);
});

describe("raw HTTP", () => {
  /** Answers each connection with the text and closes it. */
  async function answering(text: string) {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(text));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return { port: typeof address === "object" && address !== null ? address.port : 0, server };
  }

  test("returns status, headers and body as received", async () => {
    const { port, server } = await answering(
      "HTTP/1.1 418 Teapot\r\nX-A: 1\r\nx-a: 2\r\n\r\nshort\r\n\r\nstout",
    );
    const answer = await sendRaw(port, "GET / HTTP/1.1\r\n\r\n");
    expect(answer).toMatchObject({ status: 418, headers: { "x-a": "1, 2" }, body: "short\r\n\r\nstout" });
    server.close();
  });

  test("a connection closed without a byte has status 0", async () => {
    const { port, server } = await answering("");
    expect(await sendRaw(port, "x")).toMatchObject({ status: 0, body: "", text: "" });
    server.close();
  });
});

test("a skipped suite says how to enable it", () => {
  const kinds = ["redis", "postgresql", "clickhouse"] as const;
  const names = { redis: "REDIS_URL", postgresql: "DATABASE_URL", clickhouse: "CLICKHOUSE_URL" };
  for (const kind of kinds) {
    const expected =
      serverUrl(kind) === null ? `broker on ${kind} (set ${names[kind]} to run it)` : `broker on ${kind}`;
    expect(serverSuiteName("broker", kind)).toBe(expected);
  }
});

describe("a spawned script", () => {
  test("returns its lines and exit code, and receives signals", async () => {
    await using directory = await createTemporaryDirectory();
    const script = directory.file("script.ts");
    await writeFile(
      script,
      `process.on("SIGTERM", () => { console.error("told to stop"); process.stdout.write("last"); process.exit(3); });
       console.log(process.argv[2], process.env.GIVEN);
       setInterval(() => {}, 1000);`,
    );
    await using child = spawnScript(script, ["argument"], { env: { GIVEN: "value" }, cwd: directory.path });
    expect(await child.lines.next()).toBe("argument value");
    child.kill();
    expect(await child.exited).toBe(3);
    expect([child.lines.all, child.errors.all]).toEqual([["argument value", "last"], ["told to stop"]]);
    expect(child.pid).toBeGreaterThan(0);
  });
});

describe.skipIf(promtool === null)("promtool (install it, or put it on the PATH, to run this)", () => {
  test("accepts valid metrics and names what is invalid", async () => {
    expect(await checkMetrics("# HELP a_total A.\n# TYPE a_total counter\na_total 1\n")).toEqual([]);
    expect(await checkMetrics("# TYPE a_total gauge\na_total 1\n")).not.toEqual([]);
    expect(await checkMetrics("no metrics {\n")).not.toEqual([]);
  });
});
