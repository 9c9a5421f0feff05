/** A process that appends numbered records to a log as fast as it can, and says the number of each once it is durable, until it is killed. */
import { writeSync } from 'node:fs';
import { decodeLog } from '../../src/log/decode-log.ts';
import { FileLog } from '../../src/log/file-log.ts';
import { nodeEnvironment } from '../../src/runtime/node-environment.ts';

const AT_ONCE = 8;
const path = process.argv[2] ?? '';
const decode = (bytes: Uint8Array, name: string) => decodeLog(bytes, name, (payload) => new TextDecoder().decode(payload));
const { log } = await FileLog.open(path, nodeEnvironment(), decode);

const worker = async () => {
  for (;;) {
    const number = log.head + 1;
    const position = log.append(new TextEncoder().encode(`${number}`.padEnd(1 + (number % 700), '.')));
    await log.flushed(position);
    writeSync(1, `${position}\n`);
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, worker));
