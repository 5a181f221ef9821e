// Microsoft's own client of Azure AI model inference for Node, as it comes from npm, against `coax serve-sim`.
// Usage: node azure_inference.mjs URL. Exit code 0: everything held.
import assert from 'node:assert/strict';
import createClient, { isUnexpected } from '@azure-rest/ai-inference';
import { AzureKeyCredential } from '@azure/core-auth';
import { createSseStream } from '@azure/core-sse';
import { hold } from './support/checks.mjs';

const url = process.argv[2];
const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };
const client = createClient(`${url}/models`, new AzureKeyCredential('sk-sim'), options);
const hello = [{ role: 'user', content: 'Say hello in Finnish.' }];
const weather = { type: 'function', function: { name: 'get_weather', description: 'Current weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } };
const complete = (body, headers = {}) => client.path('/chat/completions').post({ body: { model: 'm', ...body }, headers });

async function held(asked) {
  const response = await asked;
  assert.ok(!isUnexpected(response), JSON.stringify(response.body));
  return response.body;
}
async function refused(asked, status, words) {
  const response = await asked;
  assert.ok(isUnexpected(response));
  assert.equal(response.status, status);
  assert.match(response.body.error.message, words);
}

const checks = {
  async 'chat'() {
    const body = await held(complete({ messages: hello, max_tokens: 100, stop: ['never'] }));
    assert.equal(body.choices[0].finish_reason, 'stop');
    assert.ok(body.choices[0].message.content.length > 0);
    assert.ok(body.usage.total_tokens > 0);
  },
  async 'chat, streamed'() {
    const whole = await held(complete({ messages: hello }));
    const response = await client.path('/chat/completions').post({ body: { model: 'm', messages: hello, stream: true } }).asNodeStream();
    let text = '';
    for await (const event of createSseStream(response.body)) {
      if (event.data === '[DONE]') break;
      for (const choice of JSON.parse(event.data).choices) text += choice.delta?.content ?? '';
    }
    assert.equal(text, whole.choices[0].message.content);
  },
  async 'tools'() {
    const messages = [{ role: 'user', content: 'Should I cycle in Oslo now?' }];
    const called = (await held(complete({ messages, tools: [weather] }))).choices[0];
    assert.equal(called.finish_reason, 'tool_calls');
    const [call] = called.message.tool_calls;
    assert.equal(JSON.parse(call.function.arguments).city, 'Oslo');
    messages.push(called.message, { role: 'tool', tool_call_id: call.id, content: 'four degrees' });
    const answered = await held(complete({ messages, tools: [weather] }));
    assert.match(answered.choices[0].message.content, /four degrees/);
  },
  async 'schema'() {
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
    const body = await held(complete({ messages: hello, response_format: { type: 'json_schema', json_schema: { name: 'c', schema, strict: true } } }));
    assert.equal(typeof JSON.parse(body.choices[0].message.content).city, 'string');
  },
  async 'embeddings'() {
    const body = await held(client.path('/embeddings').post({ body: { model: 'e', input: ['red apple', 'green apple'], dimensions: 16 } }));
    assert.deepEqual(body.data.map((one) => one.embedding.length), [16, 16]);
    assert.ok(body.id);
  },
  async 'info'() {
    const body = await held(client.path('/info').get());
    assert.ok(body.model_name && body.model_type && body.model_provider_name);
  },
  async 'extra parameters'() {
    await refused(complete({ messages: hello, n: 2 }), '400', /Extra parameters \['n'\]/);
    await held(complete({ messages: hello, n: 2 }, { 'extra-parameters': 'pass-through' }));
    await held(complete({ messages: hello, n: 2 }, { 'extra-parameters': 'drop' }));
  },
  async 'wrong key'() {
    const wrong = createClient(`${url}/models`, new AzureKeyCredential('sk-wrong'), options);
    await refused(wrong.path('/chat/completions').post({ body: { model: 'm', messages: hello } }), '401', /Access denied/);
  },
};

await hold('@azure-rest/ai-inference', checks);
