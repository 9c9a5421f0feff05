/**
 * Method: pages of made-up findings, as text, and as a real headless Chromium shows them: on a phone and on a desk, in light and
 * dark, with axe as the judge of accessibility. Where there is no Chromium those are skipped, and counted.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { DemoFindings, DemoReport } from '../../../src/cli/demo/demo-report.ts';
import { htmlReport } from '../../../src/cli/demo/html-report.ts';
import { findChromium, quietFlags } from './chromium.ts';
import { demoReportWith, everythingFailed } from './demo-findings.ts';

const attack = `"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;`;
const unbroken = 'x'.repeat(400);

/** Findings in which every text that a run or a specification can bring is hostile, or has no place to break a line. */
function hostile(found: DemoFindings): void {
  everythingFailed(found);
  const text = `${attack}\u0000${unbroken}`;
  Object.assign(found, { platform: text, node: text, crossboundVersion: text });
  for (const check of found.checks) {
    Object.assign(check, { module: attack, name: text, summary: text, differences: [text], outcome: 'failed' });
    Object.assign(check.checker, { version: text });
  }
  Object.assign(found.replay[0]!.divergence!, { action: attack, message: text, path: [text] });
  const { run, traceValidation } = found;
  Object.assign(run, { problems: [text] });
  Object.assign(run.workload, { file: text, stores: [{ name: text, kind: 'PostgreSQL', accounts: 1 }] });
  Object.assign(run.transfers.abortReasons, { [text]: 3 });
  for (const check of run.checks) Object.assign(check, { name: text, detail: text });
  Object.assign(run.recoveredCrash!, { tx: attack, transfer: attack, point: attack });
  traceValidation.rejected.push({ tx: text, reason: text });
  for (const lie of traceValidation.tampered) Object.assign(lie, { name: text, breaks: text, at: text });
}

/** In the page: the words of up to 24 letters that stand on two lines. */
const brokenWords = `(() => {
  const found = [];
  const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    for (const { 0: word, index } of node.data.matchAll(/(?<![\\w])\\w{2,24}(?![\\w])/g)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) found.push(word);
    }
  }
  return found;
})()`;

describe('the page of npm start', () => {
  it('has every text escaped, no script, and no address to fetch from', async () => {
    const page = await htmlReport(demoReportWith(hostile));
    expect(page).toContain('&lt;script&gt;alert(1)');
    expect(page).not.toMatch(/<script|<img|<iframe|<object|<link(?! rel="icon" href="data:,")/i);
    expect(page).not.toContain('\u0000');
    expect(page).not.toMatch(/@import|url\((?!#)|\ssrc="|href="(?!#|data:,)/);
    expect(page.match(/https?:\/\/[^"]*/g)?.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([]);
  });

  it('says where the crash is cut short, and where there was none', async () => {
    const long = await htmlReport(
      demoReportWith(({ run: { recoveredCrash } }) => {
        recoveredCrash!.events.unshift(...Array.from({ length: 100 }, () => ({ action: 'Resend' as const, rm: 'bank_a' })));
        recoveredCrash!.crashAt += 100;
      }),
    );
    expect(long).toContain('Not drawn: 64 steps before.');
    expect(long).toContain('coordinator killed before sendCommitToAll');
    expect(await htmlReport(demoReportWith(({ run }) => Object.assign(run, { recoveredCrash: undefined })))).toContain(
      'No transaction of this run lived through a crash of the coordinator.',
    );
  });

  it('tells the death of a driver with the coordinator from a call that failed, and never that a store was killed', async () => {
    const page = await htmlReport(
      demoReportWith(({ run: { recoveredCrash } }) => {
        const again = recoveredCrash!.events.findIndex(({ action }) => action === 'VoteAgain');
        recoveredCrash!.events.splice(
          again,
          0,
          { action: 'CrashParticipant', rm: 'ledger' },
          { action: 'RecoverParticipant', rm: 'ledger', state: 'unprepared' },
        );
      }),
    );
    const steps = [...page.matchAll(/<li>([^<]*(?:ledger|killed)[^<]*)<\/li>/g)].map(([, text]) => text);
    expect(steps.filter((text) => /killed|driver|holds/.test(text ?? ''))).toEqual([
      'coordinator killed before sendCommitToAll',
      'the driver of ledger died with the coordinator',
      'ledger holds it prepared',
      'the call to ledger failed: its driver asks anew',
      'ledger holds nothing prepared (finished, or never prepared)',
    ]);
  });

  it('has figures that add up: aborts by reason, starts that were killed early, attempts beside transfers', async () => {
    const text = async (change?: (found: DemoFindings) => unknown) => (await htmlReport(demoReportWith(change))).replace(/<[^>]*>/g, ' ');
    const several = await text();
    expect(several).toMatch(/ aborted +159 [\s\S]*of these: insufficient funds +121 [\s\S]*of these: voted no +25 /);
    expect(several).toMatch(/402 answers were lost, of 402 transfers[^.]*\. [^.]*2,788 were recorded/);
    expect(several).toMatch(/What each start of the coordinator found[\s\S]* 1 +killed before +– +– +–/);
    const one = await text(({ run }) => Object.assign(run.transfers, { abortReasons: { INSUFFICIENT_FUNDS: 159 } }));
    expect(one).toMatch(/ aborted: INSUFFICIENT_FUNDS +159 /);
    expect(one).not.toMatch(/ aborted +159 /);
  });

  it('is made of the least that a run can find', async () => {
    const page = await htmlReport(
      demoReportWith((found) => {
        Object.assign(found, { checks: [], replay: [] });
        Object.assign(found.run, { checks: [], coordinator: { incarnations: 1, planned: [], points: 0, kills: [], recoveries: [] } });
        Object.assign(found.run, { database: { kills: [] }, recoveredCrash: undefined });
        const none = { count: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 };
        Object.assign(found.run, { latency: { reply: none, transfer: none } });
        Object.assign(found.traceValidation, { traces: 0, accepted: 0, tampered: [] });
      }),
    );
    expect(page).toContain('5 stages of 5 failed');
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });
});

const executablePath = findChromium();
const skipped = executablePath === undefined ? ' (skipped: no Chromium is installed; apt-get install -y chromium)' : '';

describe(`the page of npm start in Chromium${skipped}`, () => {
  let directory: string;
  let browser: Browser;

  beforeAll(async () => {
    if (executablePath === undefined) return;
    directory = await mkdtemp(join(tmpdir(), 'crossbound-report-'));
    browser = await chromium.launch({ executablePath, args: quietFlags });
  });

  afterAll(async () => {
    if (executablePath === undefined) return;
    await browser.close();
    await rm(directory, { recursive: true });
  });

  /** Opens the page of a report as a reader does, from a file, and notes all that it should not do. */
  async function open(
    report: DemoReport,
    { width, dark = false }: { width: number; dark?: boolean },
    look: (page: Page) => Promise<void>,
  ): Promise<void> {
    const file = join(directory, 'report.html');
    await writeFile(file, await htmlReport(report));
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: dark ? 'dark' : 'light' });
    const page = await context.newPage();
    const noise: string[] = [];
    page.on('console', (message) => noise.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => noise.push(`dialog: ${dialog.message()}`));
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    await look(page);
    await context.close();
    expect(noise).toEqual([]);
    expect(requests).toEqual([pathToFileURL(file).href]);
  }

  const overflow = async (page: Page): Promise<number> =>
    z.number().parse(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'));

  it.skipIf(executablePath === undefined)('shows every section under its heading, and a picture wherever one is promised', async () => {
    await open(demoReportWith(), { width: 1200 }, async (page) => {
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toMatch(/Everything holds/);
      expect(await page.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual([
        'The specifications',
        'Every edge, replayed against the code',
        'The statecharts',
        'The run',
        'What was verified afterwards',
        'One crash, and its recovery',
        'The recorded run, judged by TLC',
        'How to repeat it',
      ]);
      const pictures = await page.getByRole('img').all();
      expect(pictures).toHaveLength(6);
      for (const picture of pictures) expect((await picture.boundingBox())!.height).toBeGreaterThan(60);
    });
  });

  it.skipIf(executablePath === undefined).each([320, 360, 600, 768, 1200])('is not scrolled sideways at a width of %i', async (width) => {
    for (const report of [demoReportWith(), demoReportWith(hostile)]) {
      await open(report, { width }, async (page) => expect(await overflow(page)).toBe(0));
    }
  });

  it.skipIf(executablePath === undefined).each([360, 1200])('breaks no word of usual length at a width of %i', async (width) => {
    const shortNames = ({ run }: DemoFindings) => Object.assign(run.transfers.abortReasons, { INSUFFICIENT_FUNDS: 3 });
    await open(demoReportWith(shortNames), { width }, async (page) => {
      expect(z.array(z.string()).parse(await page.evaluate(brokenWords))).toEqual([]);
      await page.addStyleTag({ content: 'body { overflow-wrap: anywhere; } .scroll { display: none; }' });
      expect(z.array(z.string()).parse(await page.evaluate(brokenWords)), 'where any word may be broken').not.toEqual([]);
    });
  });

  it.skipIf(executablePath === undefined)('says on a phone alone that pictures are to be scrolled', async () => {
    const hints = async (page: Page) => await page.getByText('scroll →').filter({ visible: true }).count();
    await open(demoReportWith(), { width: 360 }, async (page) => expect(await hints(page)).toBe(3));
    await open(demoReportWith(), { width: 1200 }, async (page) => expect(await hints(page)).toBe(0));
  });

  it.skipIf(executablePath === undefined).each([
    { width: 360, dark: false },
    { width: 360, dark: true },
    { width: 1200, dark: false },
    { width: 1200, dark: true },
  ])('is accessible at a width of $width, dark: $dark', async (view) => {
    for (const report of [demoReportWith(), demoReportWith(everythingFailed)]) {
      await open(report, view, async (page) => {
        await page.evaluate(axe.source);
        const nodes = z.array(z.looseObject({ html: z.string() }));
        const violation = z.looseObject({ id: z.string(), nodes });
        const { violations } = z.looseObject({ violations: z.array(violation) }).parse(await page.evaluate('axe.run()'));
        expect(violations.map((found) => `${found.id}: ${found.nodes[0]?.html}`)).toEqual([]);
      });
    }
  });

  it.skipIf(executablePath === undefined)('fits on paper with tables as tables and every figure open', async () => {
    await open(demoReportWith(), { width: 700 }, async (page) => {
      await page.emulateMedia({ media: 'print' });
      expect(await overflow(page)).toBe(0);
      expect(await page.evaluate(`getComputedStyle(document.querySelector('.wide tr')).display`)).toBe('table-row');
      expect(await page.getByText('What each start of the coordinator found').isVisible()).toBe(true);
    });
  });

  it.skipIf(executablePath === undefined)('would be told of a script, a request and a width that is too large', async () => {
    const spoil = async (added: string): Promise<void> => {
      await open(demoReportWith(), { width: 360 }, async (page) => {
        await page.evaluate(`document.body.insertAdjacentHTML('beforeend', ${JSON.stringify(added)})`);
        expect(await overflow(page)).toBe(0);
        await page.evaluate('new Promise((done) => setTimeout(done, 50))');
      });
    };
    await expect(spoil('<p>nothing of the kind</p>')).resolves.toBeUndefined();
    await expect(spoil('<img src="http://127.0.0.1:9/x.png" alt="">')).rejects.toThrow();
    await expect(spoil('<p onclick="x()" style="width:500px">wide</p>')).rejects.toThrow();
  });
});
