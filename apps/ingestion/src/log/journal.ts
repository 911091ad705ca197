import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { decodeRecords, encodeRecord } from "./journal-record.ts";
import { JournalSegment } from "./journal-segment.ts";

const segmentBytes = 8 * 1024 * 1024;
const segmentName = /^[0-9]{12}\.journal$/;

/** Of one record that was appended. */
export interface JournalPlace {
  readonly segment: JournalSegment;
}

/**
 * Texts on disk until somebody else has them: appended with one sync of data each, in files that are removed once all their
 * records were released. The directory belongs to one process: its owner's lock sees to that.
 */
export class Journal {
  readonly #directory: string;
  #number: number;
  #current: JournalSegment;
  /** Made while the one before it is filled. */
  #next: Promise<JournalSegment> | null = null;
  readonly #full = new Set<JournalSegment>();

  private constructor(directory: string, number: number, current: JournalSegment) {
    this.#directory = directory;
    this.#number = number;
    this.#current = current;
  }

  /**
   * `take` is given what a process before has left, a file's records at a time; each file is removed when it resolves. Rejects
   * naming the file where a record that was acknowledged cannot be read.
   */
  static async open(directory: string, take: (texts: readonly string[]) => Promise<void>): Promise<Journal> {
    await mkdir(directory, { recursive: true });
    const left = (await readdir(directory)).filter((name) => segmentName.test(name)).toSorted();
    for (const name of left) {
      const path = join(directory, name);
      const { texts, damagedAt } = decodeRecords(await readFile(path));
      if (damagedAt !== null) {
        throw new Error(
          `the journal of events is damaged: ${path} cannot be read from byte ${damagedAt}, and acknowledged events stand behind it`,
        );
      }
      if (texts.length > 0) await take(texts);
      await rm(path);
    }
    const number = Number(left.at(-1)?.slice(0, 12) ?? 0) + 1;
    const first = await JournalSegment.create(pathOf(directory, number), directory, segmentBytes);
    return new Journal(directory, number, first);
  }

  /** Resolves when the text is on disk. MUST be called one at a time. */
  async append(text: string): Promise<JournalPlace> {
    const record = encodeRecord(text);
    const segment = await this.#segmentFor(record.length);
    await segment.append(record);
    return { segment };
  }

  /** Somebody else has it: its file is removed with the last of its records. */
  async release({ segment }: JournalPlace): Promise<void> {
    segment.unreleased -= 1;
    if (segment.unreleased === 0 && this.#full.delete(segment)) await segment.remove();
  }

  /** Files without records go; the others are for the next process. */
  async close(): Promise<void> {
    const next = await this.#next?.catch(() => null);
    const segments = [this.#current, ...this.#full, ...(next ? [next] : [])];
    await Promise.all(segments.map((one) => (one.unreleased === 0 ? one.remove() : one.close())));
  }

  async #segmentFor(bytes: number): Promise<JournalSegment> {
    if (this.#current.hasRoom(bytes)) {
      this.#next ??= this.#create(segmentBytes);
      return this.#current;
    }
    const before = this.#current;
    this.#current = await (bytes > segmentBytes ? this.#create(bytes) : this.#takeNext());
    if (before.unreleased === 0) await before.remove();
    else this.#full.add(before);
    return this.#current;
  }

  /** One that could not be made beforehand is tried anew: the disk may have room by now. */
  async #takeNext(): Promise<JournalSegment> {
    const made = this.#next;
    this.#next = null;
    return (await made?.catch(() => null)) ?? (await this.#create(segmentBytes));
  }

  #create(bytes: number): Promise<JournalSegment> {
    this.#number += 1;
    const made = JournalSegment.create(pathOf(this.#directory, this.#number), this.#directory, bytes);
    // told to whoever needs it, which may be later
    made.catch(() => undefined);
    return made;
  }
}

function pathOf(directory: string, number: number): string {
  return join(directory, `${String(number).padStart(12, "0")}.journal`);
}
