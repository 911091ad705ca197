import { expect, test } from "bun:test";
import { ListenError, toListenError } from "./listen-error.ts";

/** What the runtime throws for it. */
function failureAt(hostname: string): unknown {
  try {
    Bun.listen({ hostname, port: 0, socket: { data: () => undefined } }).stop(true);
    return null;
  } catch (thrown) {
    return thrown;
  }
}

test.each(["no-such-host.invalid", "[::1]"])("%s is explained as a name that is not known", (hostname) => {
  const explained = toListenError(failureAt(hostname), { hostname, port: 80, portSetting: "PORT" });
  expect(explained).toBeInstanceOf(ListenError);
  expect(String(explained)).toContain(`port 80 of ${hostname} cannot be opened: the name is not known here`);
});

test("what has another cause is left as it is", () => {
  const other = new Error("out of memory");
  expect(toListenError(other, { hostname: "::1", port: 80, portSetting: "PORT" })).toBe(other);
});
