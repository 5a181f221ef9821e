// The requests that coax makes, of each kind for each service, as the types of the services' own clients have them: a
// member that a service does not know, or of another type, is an error of TypeScript's compiler.
// Usage: COAX_PROGRAM=coax node request_types.mjs. Exit code 0: all are of their types.
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const program = process.env.COAX_PROGRAM;
if (!program) {
  console.log('request types: skipped: COAX_PROGRAM names no program');
  process.exit(0);
}
/// The type of a service's requests; services that are not here have no client with types of their wire.
const types = {
  'openai': 'OpenAI.ChatCompletionCreateParams',
  'openai, responses': 'OpenAI.Responses.ResponseCreateParams',
  'azure': 'OpenAI.ChatCompletionCreateParams',
  'anthropic': 'Anthropic.MessageCreateParams',
  'groq': 'Groq.Chat.CompletionCreateParams',
  'mistral': 'Mistral',
};
const imports = `
import type OpenAI from 'openai';
import type Anthropic from 'anthropic-of-2023-06-01';
import type Groq from 'groq-sdk';
import type { ChatCompletionRequest$Outbound as Mistral } from '@mistralai/mistralai/models/components';
`;
/// What a client's types do not have and the service's documents do, by service and kind.
const known = new Map([]);

const here = path.dirname(new URL(import.meta.url).pathname);
const lines = execFileSync(program, ['providers', '--requests'], { encoding: 'utf8' }).trim().split('\n').map((line) => JSON.parse(line));
const typed = lines.filter(({ service, kind, body }) => body && types[service] && !known.has(`${service}: ${kind}`));
const source = imports.trim().split('\n').concat(typed.map(({ service, body }, i) =>
  `export const request${i}: ${types[service]} = ${JSON.stringify(body)};`));
writeFileSync(path.join(here, 'requests.ts'), source.join('\n') + '\n');
const compiled = spawnSync(path.join(here, 'node_modules/.bin/tsc'),
  ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022', 'requests.ts'], { cwd: here, encoding: 'utf8' });
const first = imports.trim().split('\n').length;
const wrong = new Set();
for (const [, line, words] of (compiled.stdout + compiled.stderr).matchAll(/^requests\.ts\((\d+),\d+\): error (.*)$/gm)) {
  const asked = typed[line - 1 - first];
  wrong.add(line);
  console.log(`FAILED  ${asked ? `${asked.service}: ${asked.kind}` : 'the imports'}: ${words.slice(0, 400)}`);
}
const broken = compiled.status !== 0 && wrong.size === 0;
if (broken) console.log(`FAILED  the compiler: ${compiled.stdout}${compiled.stderr}`);
console.log(`request types: ${typed.length - wrong.size} of ${typed.length} held`);
process.exit(wrong.size === 0 && !broken && typed.length > 100 ? 0 : 1);
