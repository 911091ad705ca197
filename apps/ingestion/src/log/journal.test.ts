import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createTemporaryDirectory, type TemporaryDirectory } from "@libs/testing";
import { retiredName, segmentName } from "./journal-names.ts";
import { encodeRecord } from "./journal-record.ts";
import { Journal, type JournalPlace } from "./journal.ts";
import { JournalSegment } from "./journal-segment.ts";

let directory: TemporaryDirectory;

beforeEach(async () => {
  directory = await createTemporaryDirectory();
});

afterEach(() => directory.remove());

const none = (): Promise<void> => Promise.resolve();

/** Files that could not be released. */
let left: string[] = [];

function openJournal(take: (texts: readonly string[]) => Promise<void> = none): Promise<Journal> {
  left = [];
  return Journal.open({ directory: directory.path, take, onLeft: (path) => void left.push(path) });
}

/** What a journal finds, as the next process would. */
async function readLeft(): Promise<string[]> {
  const found: string[] = [];
  const journal = await openJournal(async (texts) => void found.push(...texts));
  await journal.close();
  return found;
}

async function onlyFile(): Promise<string> {
  const [name = ""] = await readdir(directory.path);
  return directory.file(name);
}

test("records that were appended and not released are replayed to the next process, in order, once", async () => {
  const journal = await openJournal();
  const places: JournalPlace[] = [];
  for (const text of ["one", "zwei €", "three\nlines\n"]) places.push(await journal.append(text));
  await journal.close();
  expect(await readLeft()).toEqual(["one", "zwei €", "three\nlines\n"]);
  expect(await readLeft()).toEqual([]);
});

test("a journal with all records released leaves no file", async () => {
  const journal = await openJournal();
  await journal.release(await journal.append("one"));
  await journal.close();
  expect(await readdir(directory.path)).toEqual([]);
});

test("a full file is followed by the next and deleted with its last record, also for a record larger than a file", async () => {
  const journal = await openJournal();
  const texts = ["a", "b", "c", "d"].map((letter) => letter.repeat(3 * 1024 * 1024));
  const places: JournalPlace[] = [];
  for (const text of [...texts, "e".repeat(9 * 1024 * 1024)]) places.push(await journal.append(text));
  const first = places[0]?.segment.path ?? "";
  expect(new Set(places.map((place) => place.segment.path)).size).toBe(3);
  for (const place of places.slice(0, 2)) await journal.release(place);
  expect(await Bun.file(first).exists()).toBe(false);
  await journal.close();
  const left = await readLeft();
  expect(left.map((text) => `${text[0]} ${text.length}`).toSorted()).toEqual([
    `c ${3 * 1024 * 1024}`,
    `d ${3 * 1024 * 1024}`,
    `e ${9 * 1024 * 1024}`,
  ]);
});

test("a reused file contains its new records only", async () => {
  const journal = await openJournal();
  const third = (letter: string): string => letter.repeat(3 * 1024 * 1024);
  const paths = new Set<string>();
  const inodes = new Set<number>();
  for (const letter of "abcdefghij") {
    const place = await journal.append(third(letter));
    paths.add(place.segment.path);
    inodes.add((await stat(place.segment.path)).ino);
    await journal.release(place);
  }
  expect({ names: paths.size, files: inodes.size }).toEqual({ names: 5, files: 2 });
  await journal.append("k");
  await journal.close();
  // the file's earlier records are behind it
  expect((await readLeft()).map((text) => text[0])).toEqual(["i", "j", "k"]);
});

test("a file kept for reuse is not replayed, and deleted at the next start", async () => {
  await writeFile(directory.file(retiredName(7)), encodeRecord("in ClickHouse already", 7));
  expect(await readLeft()).toEqual([]);
  expect(await readdir(directory.path)).toEqual([]);
});

test("the format of an earlier version is replayed", async () => {
  const text = Buffer.from("acknowledged");
  const head = Buffer.from("CWJ1        ");
  head.writeUInt32BE(text.length, 4);
  head.writeUInt32BE(Bun.hash.crc32(text), 8);
  await writeFile(directory.file(segmentName(3)), Buffer.concat([head, text, Buffer.alloc(64)]));
  expect(await readLeft()).toEqual(["acknowledged"]);
});

test("a truncated last record was never acknowledged: those before it are replayed", async () => {
  const journal = await openJournal();
  await journal.append("whole");
  await journal.append("cut off");
  await journal.close();
  const path = await onlyFile();
  const bytes = await readFile(path);
  bytes.fill(0, bytes.indexOf("cut off") + 3);
  await writeFile(path, bytes);
  expect(await readLeft()).toEqual(["whole"]);
});

test("a damaged record followed by others is not skipped: the journal is refused, naming the file", async () => {
  const journal = await openJournal();
  await journal.append("damaged");
  await journal.append("acknowledged");
  await journal.close();
  const path = await onlyFile();
  const file = await open(path, "r+");
  await file.write("X", (await readFile(path)).indexOf("damaged"));
  await file.close();
  await expect(openJournal()).rejects.toThrow(`${path} cannot be read from byte 0`);
});

test("records whose consumer fails are kept for the next process", async () => {
  const journal = await openJournal();
  await journal.append("one");
  await journal.close();
  const away = (): Promise<void> => Promise.reject(new Error("ClickHouse is away"));
  await expect(openJournal(away)).rejects.toThrow("ClickHouse is away");
  expect(await readLeft()).toEqual(["one"]);
});

test("a failed file accepts no more records, because its end is undefined", async () => {
  const segment = await JournalSegment.create(directory.path, 1, 1024);
  expect(segment.hasRoom(100)).toBe(true);
  await segment.close();
  await expect(segment.append("a record")).rejects.toThrow();
  expect(segment.hasRoom(100)).toBe(false);
  expect(segment.isSound).toBe(false);
  expect(segment.unreleased).toBe(0);
});

test("a file that cannot be created leaves neither itself nor an open handle", async () => {
  // no file has a negative amount of space
  await expect(JournalSegment.create(directory.path, 1, -1)).rejects.toThrow();
  expect(await readdir(directory.path)).toEqual([]);
  Bun.gc(true);
});

test("a next file that could not be prepared is created when it is needed", async () => {
  const journal = await openJournal();
  const stranger = directory.file("000000000002.journal");
  await writeFile(stranger, "");
  const texts = ["a", "b", "c"].map((letter) => letter.repeat(3 * 1024 * 1024));
  for (const text of texts) await journal.append(text);
  await journal.close();
  expect((await readLeft()).map((text) => text[0])).toEqual(["a", "b", "c"]);
});

test("a file that cannot be released is reported, delays nothing, and is replayed by the next process", async () => {
  const journal = await openJournal();
  // where the first full file would wait for reuse
  await mkdir(directory.file(retiredName(1)));
  const texts = ["a", "b", "c", "d", "e", "f"].map((letter) => letter.repeat(3 * 1024 * 1024));
  for (const text of texts) await journal.release(await journal.append(text));
  expect(left).toEqual([directory.file(segmentName(1))]);
  await rm(directory.file(retiredName(1)), { recursive: true });
  await journal.close();
  expect((await readLeft()).map((text) => text[0])).toEqual(["a", "b"]);
});
