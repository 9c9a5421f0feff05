/**
 * What is left of a directory after a power failure, from the directory as its process left it and from the record of what that had
 * flushed (flush-recorder.ts).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** A directory's content. */
export interface Tree {
  readonly [name: string]: Uint8Array | Tree;
}

/**
 * What was not flushed, in four worlds: `kept`, as after SIGKILL alone; `lost`; `emptied`, where the names are there and the contents are
 * not, which file systems that allocate late are known for; `torn`, where half of what was added is.
 */
export const unflushedFates = ['kept', 'lost', 'emptied', 'torn'] as const;
export type UnflushedFate = (typeof unflushedFates)[number];

const Names = z.array(z.strictObject({ name: z.string(), ino: z.number(), isDirectory: z.boolean() }));

/** Looks at a file or directory now; what was seen is recorded as durable when the returned function is called. */
export function recordDurable(path: string, shadow: string): () => void {
  const { ino } = statSync(path);
  if (!statSync(path).isDirectory()) return replace(join(shadow, `${ino}.file`), readFileSync(path));
  const names = readdirSync(path).map((name) => {
    const entry = statSync(join(path, name));
    return { name, ino: entry.ino, isDirectory: entry.isDirectory() };
  });
  return replace(join(shadow, `${ino}.directory`), Buffer.from(JSON.stringify(names)));
}

function replace(path: string, content: Uint8Array): () => void {
  return () => {
    // The process may be killed in between.
    writeFileSync(`${path}.new`, content);
    renameSync(`${path}.new`, path);
  };
}

/** The directory as it may be found after the failure. */
export function imageOf(directory: string, shadow: string, fate: UnflushedFate): Tree {
  return fate === 'lost' ? durableTree(statSync(directory).ino, shadow) : visibleTree(directory, shadow, fate);
}

function visibleTree(directory: string, shadow: string, fate: Exclude<UnflushedFate, 'lost'>): Tree {
  const tree: Record<string, Uint8Array | Tree> = {};
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) tree[entry.name] = visibleTree(path, shadow, fate);
    else tree[entry.name] = visibleContent(path, shadow, fate);
  }
  return tree;
}

function visibleContent(path: string, shadow: string, fate: Exclude<UnflushedFate, 'lost'>): Uint8Array {
  const content = readFileSync(path);
  if (fate === 'kept') return content;
  const durable = durableContent(statSync(path).ino, shadow);
  if (fate === 'emptied') return durable;
  const added = content.findIndex((byte, at) => durable[at] !== byte);
  return added === -1 ? durable : content.subarray(0, added + Math.floor((content.length - added) / 2));
}

function durableTree(ino: number, shadow: string): Tree {
  const record = join(shadow, `${ino}.directory`);
  if (!existsSync(record)) return {};
  const tree: Record<string, Uint8Array | Tree> = {};
  for (const entry of Names.parse(JSON.parse(readFileSync(record, 'utf8')))) {
    tree[entry.name] = entry.isDirectory ? durableTree(entry.ino, shadow) : durableContent(entry.ino, shadow);
  }
  return tree;
}

function durableContent(ino: number, shadow: string): Uint8Array {
  const record = join(shadow, `${ino}.file`);
  return existsSync(record) ? readFileSync(record) : new Uint8Array();
}

/** Makes the directory's content that of `tree`. */
export function writeImage(directory: string, tree: Tree): void {
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
  for (const [name, content] of Object.entries(tree)) {
    const path = join(directory, name);
    if (content instanceof Uint8Array) {
      writeFileSync(path, content, { mode: 0o600 });
    } else {
      mkdirSync(path, { mode: 0o700 });
      writeImage(path, content);
    }
  }
}
