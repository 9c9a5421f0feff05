import { html, type Markup, type MarkupPart } from './markup.ts';

/** A column of a table. */
interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** A row: its first cell is its heading. A group is a row that is a heading of those below it. */
type Row = readonly MarkupPart[] | { readonly group: string };

/** A table with a caption and headings for rows and columns. What is too wide for a phone is scrolled within its frame. */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[]): Markup {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ title, align }) => html`<th scope="col"${numeric(align)}>${title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => renderRow(row, columns))}</tbody>
</table></div>`;
}

function renderRow(row: Row, columns: readonly Column[]): Markup {
  if ('group' in row) return html`<tr class="group"><th scope="rowgroup" colspan="${columns.length}">${row.group}</th></tr>`;
  const [first, ...rest] = row;
  const cells = rest.map((cell, index) => html`<td${numeric(columns[index + 1]?.align)}>${cell}</td>`);
  return html`<tr><th scope="row"${numeric(columns[0]?.align)}>${first}</th>${cells}</tr>\n`;
}

function numeric(align: Column['align']): Markup | undefined {
  return align === 'right' ? html` class="number"` : undefined;
}

/** ✓ or ✗ with words: the colour is not all that tells them apart. */
export function verdict(ok: boolean, words: string): Markup {
  return ok
    ? html`<span class="good"><span aria-hidden="true">✓</span> ${words}</span>`
    : html`<strong class="bad"><span aria-hidden="true">✗</span> ${words}</strong>`;
}

/** A bar of a chart whose rows are a table's; the figure stands beside it. @param share from 0 to 1 */
export function bar(share: number): Markup {
  return html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8"/><rect class="fill" width="${round(share * 100)}" height="8"/></svg>`;
}

/** A coordinate or length, short. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
