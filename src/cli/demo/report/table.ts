import { html, type Markup, type MarkupPart } from './markup.ts';

/** A column of a table. */
interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** A row: its first cell is its heading. A group is a row that is a heading of those below it. */
type Row = readonly MarkupPart[] | { readonly group: string };

/**
 * A table with a caption and headings for rows and columns. On a phone each row becomes a block with the headings repeated,
 * unless the table is compact: its cells are short, and few.
 */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[], width: 'wide' | 'compact' = 'wide'): Markup {
  return html`<table class="${width}">
<caption>${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col"${classOf(column, column.title)}>${column.title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => renderRow(row, columns))}</tbody>
</table>`;
}

function renderRow(row: Row, columns: readonly Column[]): Markup {
  if ('group' in row) {
    return html`<tr class="group"><th scope="rowgroup" colspan="${columns.length}"${classOf(undefined, row.group)}>${row.group}</th></tr>\n`;
  }
  const [first, ...rest] = row;
  const cells = rest.map((cell, index) => {
    const column = columns[index + 1];
    return html`<td${classOf(column, cell)} data-title="${column?.title}">${cell}</td>`;
  });
  return html`<tr><th scope="row"${classOf(columns[0], first)}>${first}</th>${cells}</tr>\n`;
}

/** Words up to this length are kept whole, however narrow the table; a longer one would make it wider than the page. */
const longestWord = 24;

function classOf(column: Column | undefined, cell: MarkupPart): Markup | undefined {
  const text = html`${cell}`.toString().replace(/<[^>]*>|&nbsp;/g, ' ');
  const names = [
    ...(column?.align === 'right' ? ['number'] : []),
    ...(text.split(/\s+/).some((word) => word.length > longestWord) ? ['unbroken'] : []),
  ];
  return names.length === 0 ? undefined : html` class="${names.join(' ')}"`;
}

/** A frame for a picture that a phone cannot show whole: it is scrolled in it, also by keyboard. */
export function scrolled(label: string, content: Markup): Markup {
  return html`<p class="hint" aria-hidden="true">scroll →</p>
<div class="scroll" role="region" aria-label="${label}" tabindex="0">${content}</div>`;
}

/** ✓ or ✗ with words: the colour is not all that tells them apart. */
export function verdict(ok: boolean, words: string): Markup {
  return ok
    ? html`<span class="good"><span aria-hidden="true">✓</span>&nbsp;${words}</span>`
    : html`<strong class="bad"><span aria-hidden="true">✗</span>&nbsp;${words}</strong>`;
}

/** A bar of a chart whose rows are a table's; the figure stands beside it. @param share from 0 to 1 */
export function bar(share: number): Markup {
  return html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8"/><rect class="fill" width="${round(share * 100)}" height="8"/></svg>`;
}

/** A coordinate or length, short. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
