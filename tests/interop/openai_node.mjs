// OpenAI's own client for Node, as it comes from npm, against `coax serve-sim`. Version 7 wants a newer Node.
// Usage: node openai_node.mjs http://127.0.0.1:PORT. Exit code 0: everything held.
import assert from 'node:assert/strict';
import OpenAI, { AzureOpenAI, APIError, toFile } from 'openai';
import { hold } from './support/checks.mjs';

const url = process.argv[2];
const apiKey = 'sk-sim';
const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
const azure = new AzureOpenAI({ endpoint: url, apiKey, apiVersion: '2024-10-21', deployment: 'dep', maxRetries: 0 });
const model = 'gpt-5.4';
const hello = [{ role: 'user', content: 'Say hello in Finnish.' }];
const weather = {
  name: 'get_weather',
  description: 'Current weather of a city',
  parameters: {
    type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false,
  },
};
const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, population: { type: 'integer' } },
  required: ['city', 'population'],
  additionalProperties: false,
};

async function refused(action, status, words) {
  const why = await action().then(() => assert.fail('it was not refused'), (error) => error);
  assert.ok(why instanceof APIError, why);
  assert.equal(why.status, status, why.message);
  assert.match(why.message, words);
}

const checks = {
  async 'chat'() {
    const answer = await openai.chat.completions.create({ model, messages: hello });
    assert.equal(answer.choices[0].finish_reason, 'stop');
    assert.ok(answer.choices[0].message.content.length > 0);
    assert.ok(answer.usage.total_tokens > 0);
    assert.ok(answer._request_id);
  },
  async 'chat, streamed'() {
    const whole = await openai.chat.completions.create({ model, messages: hello });
    const stream = openai.chat.completions.stream({ model, messages: hello, stream_options: { include_usage: true } });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? '';
    const last = await stream.finalChatCompletion();
    assert.equal(text, whole.choices[0].message.content);
    assert.equal(last.choices[0].message.content, text);
    assert.deepEqual((await stream.totalUsage()).total_tokens, whole.usage.total_tokens);
  },
  async 'chat, parsed'() {
    const answer = await openai.chat.completions.parse({
      model, messages: [{ role: 'user', content: 'Tell me of Oslo.' }],
      response_format: { type: 'json_schema', json_schema: { name: 'city', strict: true, schema } },
    });
    assert.equal(typeof JSON.parse(answer.choices[0].message.content).population, 'number');
  },
  async 'chat, tools run'() {
    let asked = '';
    const runner = openai.chat.completions.runTools({
      model, messages: [{ role: 'user', content: 'Should I cycle in Oslo now?' }],
      tools: [{ type: 'function', function: { ...weather, parse: JSON.parse,
                function: ({ city }) => { asked = city; return '4 degrees'; } } }],
    });
    assert.match(await runner.finalContent(), /4 degrees/);
    assert.equal(asked, 'Oslo');
  },
  async 'chat, unknown field'() {
    await refused(() => openai.chat.completions.create({ model, messages: hello, novel: 1 }), 400, /novel/);
  },
  async 'embeddings'() {
    const input = ['the red cat sleeps', 'stock markets fell'];
    const plain = await openai.embeddings.create({ model: 'e', input, dimensions: 64, encoding_format: 'float' });
    const packed = await openai.embeddings.create({ model: 'e', input, dimensions: 64 });
    assert.equal(packed.data.length, 2);
    assert.equal(packed.data[1].embedding.length, 64);
    for (let i = 0; i < 64; ++i) assert.ok(Math.abs(plain.data[1].embedding[i] - packed.data[1].embedding[i]) < 1e-6);
  },
  async 'models'() {
    const found = [];
    for await (const each of openai.models.list()) found.push(each.id);
    assert.ok(found.length > 0);
    assert.equal((await openai.models.retrieve(found[0])).id, found[0]);
  },
  async 'files'() {
    const made = await openai.files.create({ purpose: 'user_data', file: await toFile(Buffer.from('some text'), 'a.txt') });
    assert.equal(made.bytes, 9);
    assert.deepEqual(await openai.files.retrieve(made.id), made);
    assert.equal(await (await openai.files.content(made.id)).text(), 'some text');
    const names = [];
    for await (const each of openai.files.list({ limit: 1 })) names.push(each.filename);
    assert.ok(names.includes('a.txt'));
    assert.equal((await openai.files.delete(made.id)).deleted, true);
    await refused(() => openai.files.retrieve(made.id), 404, /No such File/);
    await refused(async () => openai.files.create({ purpose: 'batch', file: await toFile(Buffer.from('x'), 'a.txt') }), 400, /jsonl/);
  },
  async 'batches'() {
    const line = (id, content) => JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions',
      body: { model, messages: [{ role: 'user', content }] } });
    const lines = (...all) => toFile(Buffer.from(all.join('\n')), 'in.jsonl');
    const file = await openai.files.create({ purpose: 'batch', file: await lines(line('a', 'one'), line('b', 'two')) });
    const made = await openai.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions',
      completion_window: '24h', metadata: { of: 'interop' } });
    assert.equal(made.status, 'validating');
    const done = await openai.batches.retrieve(made.id);
    assert.equal(done.status, 'completed');
    assert.deepEqual(done.request_counts, { total: 2, completed: 2, failed: 0 });
    assert.equal(done.metadata.of, 'interop');
    const rows = (await (await openai.files.content(done.output_file_id)).text()).trim().split('\n').map(JSON.parse);
    assert.deepEqual(rows.map((row) => row.custom_id).sort(), ['a', 'b']);
    assert.equal(rows[0].response.status_code, 200);
    assert.ok(rows[0].response.body.choices[0].message.content.length > 0);
    const ids = [];
    for await (const each of openai.batches.list({ limit: 1 })) ids.push(each.id);
    assert.ok(ids.includes(made.id));
    await refused(() => openai.batches.cancel(made.id), 409, /Cannot cancel/);
    await refused(() => openai.batches.retrieve('batch_none'), 404, /No batch/);
    const twice = await openai.files.create({ purpose: 'batch', file: await lines(line('a', 'one'), line('a', 'two')) });
    const wrong = await openai.batches.create({ input_file_id: twice.id, endpoint: '/v1/chat/completions', completion_window: '24h' });
    const failed = await openai.batches.retrieve(wrong.id);
    assert.equal(failed.status, 'failed');
    assert.equal(failed.errors.data[0].code, 'duplicate_custom_id');
  },
  async 'wrong key'() {
    await refused(() => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-wrong', maxRetries: 0 }).models.list(), 401, /API key/);
  },
  async 'responses'() {
    const answer = await openai.responses.create({ model, input: 'Say hello in Finnish.' });
    assert.equal(answer.status, 'completed');
    assert.ok(answer.output_text.length > 0);
    const next = await openai.responses.create({ model, input: 'And in Swedish?', previous_response_id: answer.id });
    assert.ok(next.usage.input_tokens > answer.usage.input_tokens);
    assert.equal((await openai.responses.retrieve(answer.id)).output_text, answer.output_text);
    await openai.responses.delete(answer.id);
    await refused(() => openai.responses.retrieve(answer.id), 404, /not found/);
  },
  async 'responses, streamed'() {
    const whole = await openai.responses.create({ model, input: 'Tell me a story.', reasoning: { effort: 'low', summary: 'auto' } });
    const stream = openai.responses.stream({ model, input: 'Tell me a story.', reasoning: { effort: 'low', summary: 'auto' } });
    let text = '';
    stream.on('response.output_text.delta', (event) => { text += event.delta; });
    const last = await stream.finalResponse();
    assert.equal(text, whole.output_text);
    assert.equal(last.output_text, whole.output_text);
    assert.equal(last.output[0].summary[0].text, whole.output[0].summary[0].text);
  },
  async 'responses, parsed'() {
    const answer = await openai.responses.parse({
      model, input: 'Tell me of Oslo.', text: { format: { type: 'json_schema', name: 'city', strict: true, schema } },
    });
    assert.equal(typeof JSON.parse(answer.output_text).population, 'number');
  },
  async 'responses, tools, kept and not'() {
    for (const store of [true, false]) {
      const common = { model, store, reasoning: { effort: 'low' }, tools: [{ type: 'function', strict: true, ...weather }],
                       include: store ? [] : ['reasoning.encrypted_content'] };
      const input = [{ role: 'user', content: 'Should I cycle in Oslo now?' }];
      const stream = openai.responses.stream({ ...common, input });
      const called = await stream.finalResponse();
      const call = called.output.find((item) => item.type === 'function_call');
      assert.equal(JSON.parse(call.arguments).city, 'Oslo');
      input.push(...called.output, { type: 'function_call_output', call_id: call.call_id, output: '4 degrees' });
      const answer = await openai.responses.create({ ...common, input: input.map(({ parsed_arguments, ...item }) => item) });
      assert.match(answer.output_text, /4 degrees/);
    }
  },
  async 'responses in the background'() {
    let begun = await openai.responses.create({ model, input: 'Say hello.', background: true });
    assert.equal(begun.status, 'queued');
    for (let i = 0; i < 100 && begun.status !== 'completed'; ++i) begun = await openai.responses.retrieve(begun.id);
    assert.equal(begun.status, 'completed');
    const other = await openai.responses.create({ model, input: 'Say hello.', background: true });
    assert.equal((await openai.responses.cancel(other.id)).status, 'cancelled');
  },
  async 'tokens counted'() {
    const counted = await openai.responses.inputTokens.count({ model, input: 'Say hello in Finnish.' });
    const answer = await openai.responses.create({ model, input: 'Say hello in Finnish.' });
    assert.equal(counted.input_tokens, answer.usage.input_tokens);
  },
  async 'responses, unknown field'() {
    await refused(() => openai.responses.create({ model, input: 'x', novel: 1 }), 400, /Unknown parameter: 'novel'/);
  },
  async 'Azure, by deployment'() {
    const answer = await azure.chat.completions.create({ model: 'dep', messages: hello });
    assert.ok(answer.choices[0].message.content.length > 0);
    assert.ok(answer.prompt_filter_results);
    let text = '';
    const stream = await azure.chat.completions.create({ model: 'dep', messages: hello, stream: true });
    for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? '';
    assert.equal(text, answer.choices[0].message.content);
    assert.equal((await azure.embeddings.create({ model: 'dep', input: 'a' })).data.length, 1);
    const tokens = new AzureOpenAI({ endpoint: url, azureADTokenProvider: async () => apiKey, apiVersion: '2024-10-21', maxRetries: 0 });
    assert.equal((await tokens.chat.completions.create({ model: 'dep', messages: hello })).choices.length, 1);
  },
  async 'Azure, wrong'() {
    const wrong = new AzureOpenAI({ endpoint: url, apiKey: 'sk-wrong', apiVersion: '2024-10-21', deployment: 'dep', maxRetries: 0 });
    await refused(() => wrong.chat.completions.create({ model: 'dep', messages: hello }), 401, /Access denied/);
  },
  async 'Azure, v1'() {
    const v1 = new OpenAI({ baseURL: `${url}/openai/v1/`, apiKey, maxRetries: 0 });
    assert.ok((await v1.responses.create({ model: 'dep', input: 'Say hello.' })).output_text.length > 0);
    assert.ok((await v1.chat.completions.create({ model: 'dep', messages: hello })).choices.length === 1);
  },
};

await hold('openai (Node)', checks);
