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
  'groq': 'Groq',
  'mistral': 'Lacking<Mistral>',  // the type has what is left to its default as well
};
const imports = `
import type OpenAI from 'openai';
import type Anthropic from 'anthropic-of-2023-06-01';
import type { ChatCompletionCreateParams as Groq } from 'groq-sdk/resources/chat/completions';
import type { ChatCompletionRequest$Outbound as Mistral } from '@mistralai/mistralai/models/components';
type Lacking<T> = T extends object ? { [K in keyof T]?: Lacking<T[K]> } : T;
`;

const here = path.dirname(new URL(import.meta.url).pathname);
const lines = execFileSync(program, ['providers', '--requests'], { encoding: 'utf8' }).trim().split('\n').map((line) => JSON.parse(line));
const typed = lines.filter(({ service, body }) => body && types[service]);
const source = imports.trim().split('\n').concat(typed.map(({ service, body }, i) =>
  `export const request${i}: ${types[service]} = ${JSON.stringify(body)};`));
// The types can refuse: an unknown member is an error, and that it is none would be one.
Object.entries(types).forEach(([service, type], i) => source.push('// @ts-expect-error',
  `export const foreign${i}: ${type} = ${JSON.stringify({ ...typed.find((one) => one.service === service).body, novel: 1 })};`));
writeFileSync(path.join(here, 'requests.ts'), source.join('\n') + '\n');
const compiled = spawnSync(path.join(here, 'node_modules/.bin/tsc'),
  ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022', 'requests.ts'], { cwd: here, encoding: 'utf8' });
const first = imports.trim().split('\n').length;
const wrong = new Set();
for (const [, line, words] of (compiled.stdout + compiled.stderr).matchAll(/^requests\.ts\((\d+),\d+\): error (.*)$/gm)) {
  const asked = typed[line - 1 - first];
  wrong.add(line);
  console.log(`FAILED  ${asked ? `${asked.service}: ${asked.kind}` : 'the types'}: ${words.slice(0, 400)}`);
}
const broken = compiled.status !== 0 && wrong.size === 0;
if (broken) console.log(`FAILED  the compiler: ${compiled.stdout}${compiled.stderr}`);
console.log(`request types: ${typed.length - wrong.size} of ${typed.length} held`);
process.exit(wrong.size === 0 && !broken && typed.length > 100 ? 0 : 1);
