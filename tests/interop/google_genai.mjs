// The official client of Gemini, unmodified, against `coax serve-sim`. Usage: node google_genai.mjs URL
// Prints a line for each thing that was tried; ends with 1 when one of them is not as it should be.
import { GoogleGenAI, FunctionCallingConfigMode, Type, createPartFromUri, createUserContent } from '@google/genai';
import assert from 'node:assert/strict';
import { hold } from './support/checks.mjs';

const baseUrl = process.argv[2];
const ai = new GoogleGenAI({ apiKey: 'sk-sim', httpOptions: { baseUrl } });
const model = 'gemini-3.6-flash';

const checks = {
  async generate() {
    const response = await ai.models.generateContent({
      model, contents: 'Say hello in Finnish.', config: { systemInstruction: 'Be brief.', temperature: 0.5 },
    });
    assert.ok(response.text.length > 0);
    assert.equal(response.candidates[0].finishReason, 'STOP');
    assert.ok(response.usageMetadata.promptTokenCount > 0);
  },

  async stream() {
    const request = { model, contents: 'Tell me a story.' };
    const whole = await ai.models.generateContent(request);
    let text = '', chunks = 0;
    for await (const chunk of await ai.models.generateContentStream(request)) {
      text += chunk.text ?? '';
      ++chunks;
    }
    assert.equal(text, whole.text);
    assert.ok(chunks > 2);
  },

  async thinking() {
    const response = await ai.models.generateContent({
      model, contents: 'Think.', config: { thinkingConfig: { includeThoughts: true, thinkingLevel: 'LOW' } },
    });
    assert.ok(response.candidates[0].content.parts[0].thought);
    assert.ok(response.usageMetadata.thoughtsTokenCount > 0);
  },

  async toolsInAChat() {
    const declaration = {
      name: 'get_weather', description: 'Current weather of a city',
      parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ['city'] },
    };
    const chat = ai.chats.create({ model, config: { tools: [{ functionDeclarations: [declaration] }] } });
    const asked = await chat.sendMessage({ message: 'Should I cycle in Oslo now?' });
    const [call] = asked.functionCalls;
    assert.equal(call.name, 'get_weather');
    assert.equal(typeof call.args.city, 'string');
    const answer = await chat.sendMessage({
      message: { functionResponse: { id: call.id, name: call.name, response: { output: 'four degrees' } } },
    });
    assert.match(answer.text, /four degrees/);
  },

  async aToolThatMustBeCalled() {
    const response = await ai.models.generateContent({
      model, contents: 'x',
      config: {
        tools: [{ functionDeclarations: [
          { name: 'a', parametersJsonSchema: { type: 'object', properties: {} } },
          { name: 'b', parametersJsonSchema: { type: 'object', properties: {} } }] }],
        toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['b'] } },
      },
    });
    assert.equal(response.functionCalls[0].name, 'b');
  },

  async schemaOfItsOwnForm() {
    const response = await ai.models.generateContent({
      model, contents: 'I waited three hours. Never again.',
      config: {
        responseMimeType: 'application/json',
        responseSchema: {
          type: Type.OBJECT,
          properties: { label: { type: Type.STRING, enum: ['good', 'bad'] }, score: { type: Type.INTEGER, minimum: 0, maximum: 9 } },
          required: ['label', 'score'],
        },
      },
    });
    const value = JSON.parse(response.text);
    assert.ok(['good', 'bad'].includes(value.label));
    assert.ok(value.score >= 0 && value.score <= 9);
  },

  async jsonSchema() {
    const response = await ai.models.generateContent({
      model, contents: 'x',
      config: {
        responseMimeType: 'application/json',
        responseJsonSchema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'], additionalProperties: false },
      },
    });
    assert.ok(Number.isInteger(JSON.parse(response.text).n));
  },

  async embed() {
    const response = await ai.models.embedContent({
      model: 'gemini-embedding-001', contents: ['red apple', 'green apple'],
      config: { outputDimensionality: 16, taskType: 'RETRIEVAL_DOCUMENT' },
    });
    assert.deepEqual(response.embeddings.map(one => one.values.length), [16, 16]);
  },

  async countTokens() {
    const response = await ai.models.countTokens({ model, contents: 'How many tokens are these?' });
    assert.ok(response.totalTokens > 0);
  },

  async files() {
    const made = await ai.files.upload({ file: new Blob(['some text'], { type: 'text/plain' }), config: { displayName: 'a' } });
    assert.equal(made.sizeBytes, '9');
    assert.equal(made.state, 'ACTIVE');
    assert.deepEqual(await ai.files.get({ name: made.name }), made);
    const names = [];
    for await (const each of await ai.files.list({ config: { pageSize: 1 } })) names.push(each.name);
    assert.ok(names.includes(made.name));
    const response = await ai.models.generateContent({
      model, contents: [createUserContent(['Read this.', createPartFromUri(made.uri, made.mimeType)])],
    });
    assert.ok(response.text.length > 0);
    await ai.files.delete({ name: made.name });
    await assert.rejects(ai.files.get({ name: made.name }), error => error.status === 403);
  },

  async batches() {
    const inlined = ['one', 'two'].map(text => ({ contents: [{ role: 'user', parts: [{ text }] }], metadata: { key: text } }));
    const direct = await ai.batches.create({ model, src: inlined, config: { displayName: 'direct' } });
    assert.ok(direct.name.startsWith('batches/'));
    const answered = await ai.batches.get({ name: direct.name });
    assert.equal(answered.dest.inlinedResponses.length, 2);
    const lines = ['a', 'b'].map(key => JSON.stringify({ key, request: { contents: [{ role: 'user', parts: [{ text: key }] }] } }));
    const file = await ai.files.upload({ file: new Blob([lines.join('\n')], { type: 'application/jsonl' }), config: { displayName: 'rows' } });
    const made = await ai.batches.create({ model, src: file.name, config: { displayName: 'rows' } });
    const done = await ai.batches.get({ name: made.name });
    assert.equal(done.state, 'JOB_STATE_SUCCEEDED');
    assert.ok(done.dest.fileName.startsWith('files/'));
    const names = [];
    for await (const one of await ai.batches.list({ config: { pageSize: 1 } })) names.push(one.name);
    assert.ok(names.includes(made.name));
    await ai.batches.cancel({ name: made.name });
    await assert.rejects(ai.batches.get({ name: 'batches/none' }), error => error.status === 404);
  },

  async listModels() {
    const names = [];
    for await (const one of await ai.models.list()) names.push(one.name);
    assert.ok(names.length > 0 && names[0].startsWith('models/'));
    assert.equal((await ai.models.get({ model })).name, 'models/' + model);
  },

  async vertex() {
    const vertex = new GoogleGenAI({ vertexai: true, apiKey: 'sk-sim', httpOptions: { baseUrl } });
    const response = await vertex.models.generateContent({ model, contents: 'x', config: { labels: { team: 'a' } } });
    assert.ok(response.text.length > 0);
  },

  async errors() {
    const wrong = new GoogleGenAI({ apiKey: 'sk-wrong', httpOptions: { baseUrl } });
    await assert.rejects(wrong.models.generateContent({ model, contents: 'x' }),
      error => error.status === 400 && error.message.includes('API key not valid'));
    await assert.rejects(ai.models.generateContent({ model, contents: 'x', config: { temperature: 3 } }),
      error => error.status === 400 && error.message.includes('temperature'));
  },
};

await hold('@google/genai', checks);
