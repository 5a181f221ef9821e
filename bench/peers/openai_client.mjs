// Usage: node openai_client.mjs URL chat|stream CALLS CALLERS; prints the letters of text received.
// NODE_EXTRA_CA_CERTS names the authority.
import OpenAI from 'openai';

const [url, kind, calls, callers] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none' });
const request = { model: 'gpt-5.4', messages: [{ role: 'user', content: 'x'.repeat(900) }] };
let left = Number(calls);
let letters = 0;

async function chat() {
  const answer = await client.chat.completions.create(request);
  letters += answer.choices[0].message.content.length;
}
async function stream() {
  for await (const chunk of await client.chat.completions.create({ ...request, stream: true }))
    letters += (chunk.choices[0].delta.content ?? '').length;
}
async function caller() {
  while (left-- > 0) await (kind === 'stream' ? stream() : chat());
}
await Promise.all(Array.from({ length: Number(callers) }, caller));
console.log(letters);
