// The files of tests/interop/columnar_files, by readers of others: hyparquet and apache-arrow.
// Usage: node columnar_files.mjs FOLDER
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { parquetReadObjects } from 'hyparquet';
import { hold } from './support/checks.mjs';

const folder = process.argv[2];
const bytes = (name) => readFileSync(join(folder, name));
const answer = { label: 'good', score: 5n, sure: true };
const rows = [
  { id: 9007199254740993n, price: 0.1, sold: true, name: 'Zoë', day: '2026-11-29', ...answer },
  { id: -7n, price: -2.5e300, sold: false, name: 'a,"b"\nc', day: '2024-02-29', ...answer },
  { id: 3n, price: null, sold: null, name: null, day: null, ...answer },
];
const day = (value) => (value == null ? null : new Date(value).toISOString().slice(0, 10));
// Of each row the members that are compared.
const shown = (row) => Object.fromEntries(Object.keys(rows[0]).map((key) => [key, key === 'day' ? day(row[key]) : row[key] ?? null]));

const arrow = (name) => () => assert.deepEqual([...tableFromIPC(bytes(name))].map((row) => shown(row.toJSON())), rows);
await hold('columnar files', {
  'hyparquet: rows and types': async () => {
    const file = bytes('out.parquet');
    const read = await parquetReadObjects({ file: file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) });
    assert.deepEqual(read.map(shown), rows);
  },
  'apache-arrow: a file': arrow('out.arrow'),
  'apache-arrow: a stream': arrow('out.arrows'),
});
