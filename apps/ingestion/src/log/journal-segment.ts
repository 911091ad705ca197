import { constants } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { encodeRecord } from "./journal-record.ts";
import { retiredName, segmentName } from "./journal-names.ts";

const { O_RDWR, O_CREAT, O_EXCL, O_DSYNC } = constants;

/**
 * One file of the journal. Its space is written in advance, so that an append does not change the file's size, and
 * each write returns when it is on disk: one system call instead of a write and a sync.
 */
export class JournalSegment {
  readonly #directory: string;
  readonly #file: FileHandle;
  readonly #bytes: number;
  #path: string;
  #number: number;
  #end = 0;
  #isBroken = false;
  /** Records that ClickHouse does not have yet. */
  unreleased = 0;

  private constructor(directory: string, number: number, parts: { file: FileHandle; bytes: number }) {
    this.#directory = directory;
    this.#number = number;
    this.#path = join(directory, segmentName(number));
    this.#file = parts.file;
    this.#bytes = parts.bytes;
  }

  /**
   * If the space cannot be allocated, as on a full disk, the file is removed.
   *
   * @param directory is synced, so that the file's name survives a power failure.
   */
  static async create(directory: string, number: number, bytes: number): Promise<JournalSegment> {
    const path = join(directory, segmentName(number));
    const file = await open(path, O_RDWR | O_CREAT | O_EXCL | O_DSYNC, 0o600);
    try {
      await file.writeFile(Buffer.alloc(bytes));
      await file.sync();
      await syncDirectory(directory);
      return new JournalSegment(directory, number, { file, bytes });
    } catch (thrown) {
      // a handle left to the garbage collector ends the process
      await file.close();
      await rm(path, { force: true });
      throw thrown;
    }
  }

  get path(): string {
    return this.#path;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** True while all of its writes have succeeded. */
  get isSound(): boolean {
    return !this.#isBroken;
  }

  hasRoom(bytes: number): boolean {
    return !this.#isBroken && this.#end + bytes <= this.#bytes;
  }

  /** Resolves when the record is on disk. After a failure nothing more is written: the file's content there is unknown. */
  async append(text: string): Promise<void> {
    const record = encodeRecord(text, this.#number);
    try {
      let written = 0;
      while (written < record.length) {
        const left = record.length - written;
        written += (await this.#file.write(record, written, left, this.#end + written)).bytesWritten;
      }
    } catch (thrown) {
      this.#isBroken = true;
      throw thrown;
    }
    this.#end += record.length;
    this.unreleased += 1;
  }

  /** All its records were released: it is not read again under this name. */
  async retire(): Promise<void> {
    await this.#rename(join(this.#directory, retiredName(this.#number)));
  }

  /** Reuses a retired file's space for new records: old ones carry another number in their CRC and are not read. */
  async reuse(number: number): Promise<void> {
    await this.#rename(join(this.#directory, segmentName(number)));
    await syncDirectory(this.#directory);
    this.#number = number;
    this.#end = 0;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }

  async #rename(path: string): Promise<void> {
    await rename(this.#path, path);
    this.#path = path;
  }
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, "r");
  await directory.sync();
}
