/** A process in a worker's place, for the tests of what starts it: says who it is, sends back what comes, ends when it is told to. */
import { readAssignment } from "../../src/workers/assignment.ts";
import { openOwnChannel } from "../../src/workers/channel.ts";

const channel = openOwnChannel(process);
channel.onMessage((message) => {
  if (message !== "end") return channel.send({ echo: message });
  process.stdout.write("the last line\n");
  process.exit(7);
});
channel.send({ assignment: readAssignment(process.env) });
