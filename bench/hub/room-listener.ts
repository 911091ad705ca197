import type { Latencies } from "@libs/measuring";

export interface Heard {
  frames: number;
  /** Gaps in offsets, per member and room. */
  gaps: number;
  /** Latency from publishing to receiving, of every hundredth frame: parsing all would dominate the client's CPU. */
  readonly delays: Latencies;
}

const sampleOf = 100;
/** Matches a frame as the hub writes it: room and offset come first. */
const tick = /^\{"room":"([^"]+)","offset":(\d+),"type":"tick"/;
const publishedAt = /"at":([\d.]+)/;

/** Counts the frames of each room on each connection, without parsing JSON. */
export function listenToRooms(sockets: readonly WebSocket[], delays: Latencies): Heard {
  const heard: Heard = { frames: 0, gaps: 0, delays };
  for (const socket of sockets) {
    const last = new Map<string, number>();
    socket.addEventListener("message", ({ data }) => {
      const text = String(data);
      const [, room = "", place] = tick.exec(text) ?? [];
      if (place === undefined) return;
      const offset = Number(place);
      if (offset !== (last.get(room) ?? 0) + 1) heard.gaps += 1;
      last.set(room, offset);
      heard.frames += 1;
      if (heard.frames % sampleOf === 0)
        delays.add(performance.now() - Number(publishedAt.exec(text)?.[1] ?? 0));
    });
  }
  return heard;
}
