/** A process that waits for a line on its input, tries the lock once, says `locked` or the code of the error, and then lives on until its input ends. */
import { createInterface } from 'node:readline';
import { CrossboundError } from '../../src/protocol/errors.ts';
import { nodeEnvironment } from '../../src/runtime/node-environment.ts';

const path = process.argv[2] ?? '';
const { files } = nodeEnvironment();
console.log('ready');
for await (const _ of createInterface({ input: process.stdin })) {
  try {
    await files.lock(path);
    console.log('locked');
  } catch (error) {
    console.log(error instanceof CrossboundError ? error.code : String(error));
  }
}
