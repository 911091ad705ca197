import { expect, test } from "bun:test";
import { join } from "node:path";
import { loadConfig } from "./load-config.ts";

/** One file a rule, broken in that one way; its first line is the message that it must give. */
const directory = join(import.meta.dir, "fixtures");
const fixtures = [...new Bun.Glob("*.yaml").scanSync(directory)].toSorted();

test.each(fixtures)("%s is refused with the message on its first line, and that alone", async (name) => {
  const file = join(directory, name);
  const [comment = ""] = (await Bun.file(file).text()).split("\n");
  const message = await loadConfig({ file }).then(
    () => "nothing is wrong with it",
    (thrown: unknown) => String(thrown),
  );
  expect(message.replaceAll(`${directory}/`, "")).toBe(comment.replace("#", "ConfigError:"));
});
