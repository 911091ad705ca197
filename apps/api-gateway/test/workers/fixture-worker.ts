/** Replaces a worker in the tests of its supervisor: reports its assignment, echoes messages, and ends on request. */
import { readAssignment } from "../../src/workers/assignment.ts";
import { openOwnChannel } from "../../src/workers/channel.ts";

const channel = openOwnChannel(process);
channel.onMessage((message) => {
  if (message !== "end") return channel.send({ echo: message });
  process.stdout.write("the last line\n");
  process.exit(7);
});
channel.send({ assignment: readAssignment(process.env) });
