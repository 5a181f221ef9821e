// The client that the conformance suite of the protocol tries: `coax chat --mcp`, asked by a simulated model to call tools.
// Usage: COAX_PROGRAM=coax node mcp_conformance_client.mjs TOOL URL. TOOL: what is called where the suite does not say it.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const [tool, url] = process.argv.slice(2);
const told = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT || '{}').toolCalls;
const known = { add_numbers: { a: 2, b: 3 }, valid_tool: { region: 'north' } };
const calls = told ?? [{ name: tool, arguments: known[tool] ?? {} }];
const folder = mkdtempSync(join(tmpdir(), 'coax-conformance-'));
const script = join(folder, 'rules.jsonl');
const asked = calls.map((call) => ({ name: call.name, arguments: call.arguments ?? {} }));
writeFileSync(script, JSON.stringify({ when: { tool_result: '' }, then: { text: '{tool_results}' } }) + '\n' +
  JSON.stringify({ when: {}, then: { tool_calls: asked } }) + '\n');
const service = spawn(process.env.COAX_PROGRAM, ['serve-sim', '--script', script]);
const address = await new Promise((found) => {
  let text = '';
  service.stdout.on('data', (piece) => {
    const match = (text += piece).match(/serving on (\S+)/);
    if (match) found(match[1]);
  });
});
try {
  const { stdout, stderr } = await promisify(execFile)(process.env.COAX_PROGRAM,
    ['chat', 'Try it', '--base-url', `${address}/v1`, '--model', 'm', '--mcp', url],
    { env: { PATH: process.env.PATH, HOME: process.env.HOME, COAX_API_KEY: 'sk-sim' } });
  process.stdout.write(stdout);
  process.stderr.write(stderr);
} finally {
  service.kill('SIGKILL');
  rmSync(folder, { recursive: true });
}
