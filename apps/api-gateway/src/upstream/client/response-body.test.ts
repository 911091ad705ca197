import { expect, test } from "bun:test";
import { bytesOf } from "./client-test-support.ts";
import { ResponseBody } from "./response-body.ts";

/** A body of one chunk that waits for its reader, and how often its connection was destroyed. */
function openBody() {
  let destroyed = 0;
  const source = { wanted: () => undefined, destroy: () => void (destroyed += 1) };
  const body = new ResponseBody(source, null);
  return { body, stream: body.open([bytesOf("chunk")]), destroyed: () => destroyed };
}

test("a reader that leaves before the end destroys the connection", async () => {
  const { stream, destroyed } = openBody();
  await stream.cancel();
  expect(destroyed()).toBe(1);
});

test("a reader that leaves what has arrived completely does not touch the connection, which may carry another call", async () => {
  const { body, stream, destroyed } = openBody();
  body.close();
  await stream.cancel();
  expect(destroyed()).toBe(0);
});
