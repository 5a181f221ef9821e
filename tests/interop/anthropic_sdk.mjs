// Anthropic's own client for Node, as it comes from npm, against `coax serve-sim`.
// Usage: node anthropic_sdk.mjs URL. Exit code 0: everything held.
import assert from 'node:assert/strict';
import Anthropic, { APIError, toFile } from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import { hold } from './support/checks.mjs';

const baseURL = process.argv[2];
const common = { baseURL, apiKey: 'sk-sim', maxRetries: 0 };
const anthropic = new Anthropic(common);
const older = new Anthropic({ ...common, defaultHeaders: { 'anthropic-version': '2023-06-01' } });
const model = 'claude-opus-5';
const question = { model, max_tokens: 512, messages: [{ role: 'user', content: 'Say hello in Finnish.' }] };
const weather = {
  name: 'get_weather', description: 'Current weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const cycling = { model, max_tokens: 512, messages: [{ role: 'user', content: 'Should I cycle in Oslo now?' }] };
const textOf = (message) => message.content.filter((block) => block.type === 'text').map((block) => block.text).join('');

async function refused(action, status, words) {
  const why = await action().then(() => assert.fail('it was not refused'), (error) => error);
  assert.ok(why instanceof APIError, why);
  assert.equal(why.status, status, why.message);
  assert.match(why.message, words);
  assert.ok(why.requestID);
}

const checks = {
  async 'messages'() {
    for (const client of [anthropic, older]) {
      const message = await client.messages.create({ ...question, system: 'Be brief.' });
      assert.equal(message.stop_reason, 'end_turn');
      assert.ok(textOf(message).length > 0);
      assert.ok(message.usage.input_tokens > 0 && message.usage.output_tokens > 0);
      assert.ok(message._request_id);
    }
  },
  async 'messages, streamed'() {
    const whole = await anthropic.messages.create(question);
    const stream = anthropic.messages.stream(question);
    let text = '';
    stream.on('text', (delta) => { text += delta; });
    const last = await stream.finalMessage();
    assert.equal(text, textOf(whole));
    assert.deepEqual(last.content, whole.content);
    assert.equal(last.stop_reason, whole.stop_reason);
    assert.equal(last.usage.output_tokens, whole.usage.output_tokens);
    let events = 0;
    for await (const event of await anthropic.messages.create({ ...question, stream: true })) events += event.type ? 1 : 0;
    assert.ok(events > 6);
  },
  async 'a limit and a stop sequence'() {
    const short = await anthropic.messages.create({ ...question, max_tokens: 2 });
    assert.equal(short.stop_reason, 'max_tokens');
    const word = textOf(await anthropic.messages.create(question)).split(' ')[2];
    const stopped = await anthropic.messages.create({ ...question, stop_sequences: [word] });
    assert.equal(stopped.stop_reason, 'stop_sequence');
    assert.equal(stopped.stop_sequence, word);
  },
  async 'tools, whole and streamed'() {
    const tools = [weather];
    for (const streamed of [false, true]) {
      const asked = { ...cycling, tools };
      const called = streamed ? await anthropic.messages.stream(asked).finalMessage() : await anthropic.messages.create(asked);
      assert.equal(called.stop_reason, 'tool_use');
      const call = called.content.find((block) => block.type === 'tool_use');
      assert.equal(call.name, 'get_weather');
      assert.equal(call.input.city, 'Oslo');
      const answer = await anthropic.messages.create({
        ...asked, messages: [...asked.messages, { role: 'assistant', content: called.content },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'four degrees' }] }],
      });
      assert.match(textOf(answer), /four degrees/);
    }
    const forced = await anthropic.messages.create({ ...cycling, tools, tool_choice: { type: 'tool', name: 'get_weather' } });
    assert.equal(forced.content.at(-1).name, 'get_weather');
  },
  async 'tools that the client runs'() {
    let asked = '';
    const runner = anthropic.beta.messages.toolRunner({
      ...cycling,
      tools: [betaTool({ name: weather.name, description: weather.description, inputSchema: weather.input_schema,
                         run: ({ city }) => { asked = city; return 'four degrees'; } })],
    });
    const last = await runner;
    assert.equal(asked, 'Oslo');
    assert.match(textOf(last), /four degrees/);
  },
  async 'thinking, whole, streamed and sent back'() {
    const asked = { ...cycling, max_tokens: 4096, thinking: { type: 'enabled', budget_tokens: 2048 }, tools: [weather] };
    const whole = await anthropic.messages.create(asked);
    const stream = anthropic.messages.stream(asked);
    let thought = '', signature = '';
    stream.on('thinking', (delta) => { thought += delta; });
    stream.on('signature', (text) => { signature = text; });
    const last = await stream.finalMessage();
    assert.equal(whole.content[0].type, 'thinking');
    assert.equal(thought, whole.content[0].thinking);
    assert.equal(signature, whole.content[0].signature);
    const call = last.content.find((block) => block.type === 'tool_use');
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'four degrees' }] };
    const answered = await anthropic.messages.create({ ...asked, messages: [...asked.messages, { role: 'assistant', content: last.content }, result] });
    assert.match(textOf(answered), /four degrees/);
    const forged = last.content.map((block) => block.type === 'thinking' ? { ...block, signature: 'forged' } : block);
    await refused(() => anthropic.messages.create({ ...asked, messages: [...asked.messages, { role: 'assistant', content: forged }, result] }),
                  400, /signature/);
  },
  async 'parsed'() {
    const message = await anthropic.messages.parse({
      ...question, messages: [{ role: 'user', content: 'Tell me of Oslo.' }],
      output_config: { format: jsonSchemaOutputFormat({
        type: 'object', properties: { city: { type: 'string' }, population: { type: 'integer' } },
        required: ['city', 'population'], additionalProperties: false }) },
    });
    assert.equal(typeof message.parsed_output.city, 'string');
    assert.ok(Number.isInteger(message.parsed_output.population));
  },
  async 'what is cached'() {
    const system = [{ type: 'text', text: 'A long preface. '.repeat(2000), cache_control: { type: 'ephemeral' } }];
    const first = await anthropic.messages.create({ ...question, system });
    const second = await anthropic.messages.create({ ...question, system });
    assert.ok(first.usage.cache_creation_input_tokens > 0);
    assert.equal(second.usage.cache_read_input_tokens, first.usage.cache_creation_input_tokens);
  },
  async 'tokens counted'() {
    const { max_tokens, ...counted } = question;
    const count = await anthropic.messages.countTokens(counted);
    const message = await anthropic.messages.create(question);
    assert.equal(count.input_tokens, message.usage.input_tokens);
  },
  async 'models'() {
    const found = [];
    for await (const each of anthropic.models.list({ limit: 1 })) found.push(each.id);
    assert.ok(found.length > 0);
    assert.equal((await anthropic.models.retrieve(found[0])).id, found[0]);
  },
  async 'files'() {
    const made = await anthropic.files.upload({ file: await toFile(Buffer.from('some text'), 'a.txt', { type: 'text/plain' }) });
    assert.equal(made.size_bytes, 9);
    assert.equal(made.mime_type, 'text/plain');
    assert.deepEqual(await anthropic.files.retrieveMetadata(made.id), made);
    const names = [];
    for await (const each of anthropic.files.list({ limit: 1 })) names.push(each.filename);
    assert.ok(names.includes('a.txt'));
    await refused(() => anthropic.files.download(made.id), 400, /not downloadable/);
    await anthropic.files.delete(made.id);
    await refused(() => anthropic.files.retrieveMetadata(made.id), 404, /not found/);
  },
  async 'batches'() {
    const requests = ['one', 'two'].map((content, i) => ({ custom_id: `r-${i}`,
      params: { ...question, messages: [{ role: 'user', content }] } }));
    const made = await anthropic.messages.batches.create({ requests });
    assert.equal(made.type, 'message_batch');
    const done = await anthropic.messages.batches.retrieve(made.id);
    assert.equal(done.processing_status, 'ended');
    assert.equal(done.request_counts.succeeded, 2);
    const rows = [];
    for await (const row of await anthropic.messages.batches.results(made.id)) rows.push(row);
    assert.deepEqual(rows.map((row) => row.custom_id).sort(), ['r-0', 'r-1']);
    assert.equal(rows[0].result.type, 'succeeded');
    assert.ok(rows[0].result.message.content[0].text.length > 0);
    const ids = [];
    for await (const each of anthropic.messages.batches.list({ limit: 1 })) ids.push(each.id);
    assert.ok(ids.includes(made.id));
    await refused(() => anthropic.messages.batches.create({ requests: [requests[0], requests[0]] }), 400, /custom_id/);
    await refused(() => anthropic.messages.batches.retrieve('msgbatch_none'), 404, /not found/);
  },
  async 'what is wrong'() {
    await refused(() => anthropic.messages.create({ ...question, novel: 1 }), 400, /novel: Extra inputs are not permitted/);
    await refused(() => anthropic.messages.create({ ...question, temperature: 0.5 }), 400, /temperature/);
    await refused(() => new Anthropic({ ...common, apiKey: 'sk-wrong' }).messages.create(question), 401, /x-api-key/);
  },
};

await hold('@anthropic-ai/sdk', checks);
