import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isRetired, segmentName, segmentNumber } from "./journal-names.ts";
import { decodeRecords, recordBytes } from "./journal-record.ts";
import { JournalSegment } from "./journal-segment.ts";

const segmentBytes = 8 * 1024 * 1024;
/** Files that wait to be used again: as many as are full at one moment of a busy hour. */
const retiredMax = 4;

export interface JournalParts {
  readonly directory: string;
  /** Is given what a process before has left, a file's records at a time; each file is removed when it resolves. */
  readonly take: (texts: readonly string[]) => Promise<void>;
  /** A file whose records were all released could be neither kept for new ones nor removed: the next process takes it again. */
  readonly onLeft: (path: string, reason: unknown) => void;
}

/** Of one record that was appended. */
export interface JournalPlace {
  readonly segment: JournalSegment;
}

/**
 * Texts on disk until somebody else has them: each appended with one synced write, in files that are used again once all their
 * records were released, since a new file's room would be written and synced beside the records. The directory belongs to one
 * process: its owner's lock sees to that.
 */
export class Journal {
  readonly #parts: JournalParts;
  #number: number;
  #current: JournalSegment;
  /** Made while the one before it is filled. */
  #next: Promise<JournalSegment> | null = null;
  readonly #full = new Set<JournalSegment>();
  readonly #retired: JournalSegment[] = [];

  private constructor(parts: JournalParts, number: number, current: JournalSegment) {
    this.#parts = parts;
    this.#number = number;
    this.#current = current;
  }

  /** Rejects naming the file where a record that was acknowledged cannot be read. */
  static async open(parts: JournalParts): Promise<Journal> {
    const { directory, take } = parts;
    await mkdir(directory, { recursive: true });
    const names = await readdir(directory);
    for (const name of names.filter(isRetired)) await rm(join(directory, name));
    const left = names
      .map(segmentNumber)
      .filter((number) => number !== null)
      .toSorted((a, b) => a - b);
    for (const number of left) {
      const path = join(directory, segmentName(number));
      const { texts, damagedAt } = decodeRecords(await readFile(path), number);
      if (damagedAt !== null) {
        throw new Error(
          `the journal of events is damaged: ${path} cannot be read from byte ${damagedAt}, and acknowledged events stand behind it`,
        );
      }
      if (texts.length > 0) await take(texts);
      await rm(path);
    }
    const number = (left.at(-1) ?? 0) + 1;
    return new Journal(parts, number, await JournalSegment.create(directory, number, segmentBytes));
  }

  /** Resolves when the text is on disk. MUST be called one at a time. */
  async append(text: string): Promise<JournalPlace> {
    const segment = await this.#segmentFor(recordBytes(text));
    await segment.append(text);
    return { segment };
  }

  /** Somebody else has it: its file is let go with the last of its records. Never rejects: what is written goes on. */
  async release({ segment }: JournalPlace): Promise<void> {
    segment.unreleased -= 1;
    if (segment.unreleased === 0 && this.#full.delete(segment)) await this.#letGo(segment);
  }

  /** Files without records go; the others are for the next process. */
  async close(): Promise<void> {
    const next = await this.#next?.catch(() => null);
    const segments = [this.#current, ...this.#full, ...this.#retired.splice(0), ...(next ? [next] : [])];
    await Promise.all(segments.map((one) => (one.unreleased === 0 ? one.remove() : one.close())));
  }

  async #segmentFor(bytes: number): Promise<JournalSegment> {
    if (this.#current.hasRoom(bytes)) {
      this.#next ??= this.#make(segmentBytes);
      return this.#current;
    }
    const before = this.#current;
    this.#current = await (bytes > segmentBytes ? this.#make(bytes) : this.#takeNext());
    if (before.unreleased === 0) await this.#letGo(before);
    else this.#full.add(before);
    return this.#current;
  }

  /** One that could not be made beforehand is tried anew: the disk may have room by now. */
  async #takeNext(): Promise<JournalSegment> {
    const made = this.#next;
    this.#next = null;
    return (await made?.catch(() => null)) ?? (await this.#make(segmentBytes));
  }

  async #letGo(segment: JournalSegment): Promise<void> {
    const isWanted = segment.isSound && segment.bytes === segmentBytes && this.#retired.length < retiredMax;
    try {
      if (!isWanted) return await segment.remove();
      await segment.retire();
      this.#retired.push(segment);
    } catch (thrown) {
      this.#parts.onLeft(segment.path, thrown);
      // one that is closed already is
      await segment.close().catch(() => undefined);
    }
  }

  #make(bytes: number): Promise<JournalSegment> {
    this.#number += 1;
    const made = this.#open(this.#number, bytes);
    // told to whoever needs it, which may be later
    made.catch(() => undefined);
    return made;
  }

  async #open(number: number, bytes: number): Promise<JournalSegment> {
    const retired = bytes === segmentBytes ? this.#retired.pop() : undefined;
    if (retired === undefined) return await JournalSegment.create(this.#parts.directory, number, bytes);
    try {
      await retired.reuse(number);
    } catch (thrown) {
      await retired.close();
      throw thrown;
    }
    return retired;
  }
}
