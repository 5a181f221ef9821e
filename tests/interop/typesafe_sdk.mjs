// TypeSafe's own client for Node, as it comes from npm, against `coax serve-sim`.
// Usage: node typesafe_sdk.mjs URL. Exit code 0: everything held.
import assert from 'node:assert/strict';
import { AuthenticationError, TypeSafeClient, UnprocessableEntityError, choice, noul, score } from '@typesafe-ai/sdk';
import { hold } from './support/checks.mjs';

const url = process.argv[2];
const options = { apiKey: 'sk-sim', baseURL: `${url}/typesafe`, logLevel: 'off', retry: { maxRetries: 0 } };
const client = new TypeSafeClient(options);
const sum = (probabilities) => Object.values(probabilities).reduce((all, one) => all + one, 0);

const checks = {
  async 'questions of each kind'() {
    const { data, requestId } = await client.systemOne({
      state: 'I was charged twice. Please help.',
      questions: {
        billing: noul('Is this about billing?', { true: 'Money is asked back', false: 'Anything else' }),
        topic: choice('What is it about?', { billing: 'Money', delivery: null, other: null }),
        anger: score('How angry is it?', ['calm', 'annoyed', 'furious']),
      },
    }).withResponse();
    assert.ok(requestId);
    assert.equal(data.model, 'jev-latest');
    assert.ok(data.usage.input_tokens > 0);
    const { billing, topic, anger } = data.answers;
    assert.ok(billing.noul >= 0 && billing.noul <= 1);
    assert.deepEqual(Object.keys(topic.probabilities), ['billing', 'delivery', 'other']);
    assert.ok(Math.abs(sum(topic.probabilities) - 1) < 1e-6);
    assert.equal(topic.confidence, topic.probabilities[topic.choice]);
    assert.equal(anger.legend[2], 'furious');
    assert.ok(anger.score >= 0 && anger.score <= 2);
  },
  async 'state as JSON'() {
    const { answers } = await client.systemOne({ state: { text: 'Hello', lines: [1, 2] }, questions: { a: noul() } });
    assert.equal(answers.a.type, 'noul');
  },
  async 'the same question has the same answer'() {
    const ask = () => client.systemOne({ state: 'x', questions: { a: choice('Which?', { b: null, c: null }) } });
    assert.deepEqual(await ask(), await ask());
  },
  async 'models'() {
    const [model] = await client.models.list();
    assert.ok(model.name && model.description && model.release_date);
  },
  async 'a question that is none'() {
    await assert.rejects(client.systemOne({ state: 'x', questions: { a: { type: 'noul', weight: 2 } } }),
      (error) => error instanceof UnprocessableEntityError && /questions.a.weight/.test(error.message));
  },
  async 'wrong key'() {
    const wrong = new TypeSafeClient({ ...options, apiKey: 'sk-wrong' });
    await assert.rejects(wrong.systemOne({ state: 'x', questions: { a: noul() } }), AuthenticationError);
  },
};

await hold('@typesafe-ai/sdk', checks);
