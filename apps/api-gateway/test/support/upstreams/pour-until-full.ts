import type { Socket } from "node:net";

const part = Buffer.alloc(65_536, 97);

/** Writes for as long as it is read; resolves once nothing was read for `quietMs`: what was taken at once was no full connection. */
export function pourUntilFull(socket: Socket, quietMs: number): Promise<void> {
  const full = Promise.withResolvers<void>();
  let isFull = false;
  const pour = (): void => {
    isFull = false;
    while (socket.write(part));
    isFull = true;
    setTimeout(() => isFull && full.resolve(), quietMs);
  };
  socket.on("drain", pour);
  pour();
  return full.promise;
}
