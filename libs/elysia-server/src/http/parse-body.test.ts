import { describe, expect, test } from "bun:test";
import { parseBody } from "./parse-body.ts";

/** As HTTP/2 brings it: neither a length nor a transfer coding says whether there is a body. */
const streamed = (text: string) => {
  const request = new Request("http://shop.test/", { method: "POST", body: new Blob([text]).stream() });
  request.headers.delete("content-type");
  return request;
};

describe("a body without a content type", () => {
  test("is refused, however it is framed", async () => {
    const sized = new Request("http://shop.test/", { method: "POST", body: new Uint8Array(2) });
    for (const request of [sized, streamed("{}")])
      await expect(parseBody(request, "", 100)).rejects.toMatchObject({ code: "unsupported_media_type" });
  });

  test("is read no further than its limit", async () => {
    await expect(parseBody(streamed("x".repeat(200)), "", 100)).rejects.toMatchObject({
      code: "payload_too_large",
    });
  });

  test("may be an empty one", async () => {
    const none = new Request("http://shop.test/", { method: "POST" });
    for (const request of [none, streamed("")]) expect(await parseBody(request, "", 100)).toBeUndefined();
  });
});
