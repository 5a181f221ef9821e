// What `coax` exports, decoded by the code that OpenTelemetry's own JavaScript generates from the official .proto files.
// Usage: COAX_PROGRAM=coax node otlp_collector.mjs http://127.0.0.1:PORT, with `coax serve-sim` there. Exit code 0: all held.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { hold } from './support/checks.mjs';

const { opentelemetry } = createRequire(import.meta.url)('@opentelemetry/otlp-transformer/build/src/generated/root.js');
const { trace, metrics } = opentelemetry.proto.collector;
const service = process.argv[2];
const program = resolve(process.env.COAX_PROGRAM);
const folder = mkdtempSync(join(tmpdir(), 'coax-otlp-'));

const value = (any) => any.stringValue ?? any.boolValue ?? (any.intValue != null ? Number(any.intValue) : undefined) ?? any.doubleValue ??
  any.arrayValue?.values.map(value);
const map = (attributes) => Object.fromEntries(attributes.map(({ key, value: any }) => [key, value(any)]));
const hex = (bytes) => Buffer.from(bytes ?? []).toString('hex');

// Runs `coax ARGS` with a collector and gives what that got. `answer(n)`: the status of the n-th request.
async function run(args, env = {}, answer = () => 200) {
  const got = { spans: [], metrics: {}, resource: {}, requests: 0, paths: new Set(), headers: [] };
  const take = (path, body) => {
    if (path === '/v1/traces')
      for (const { resource, scopeSpans } of trace.v1.ExportTraceServiceRequest.decode(body).resourceSpans) {
        got.resource = map(resource.attributes);
        for (const { spans } of scopeSpans)
          got.spans.push(...spans.map((one) => ({ ...one, id: hex(one.spanId), trace: hex(one.traceId), parent: hex(one.parentSpanId), values: map(one.attributes) })));
      }
    else
      for (const { scopeMetrics } of metrics.v1.ExportMetricsServiceRequest.decode(body).resourceMetrics)
        for (const one of scopeMetrics[0].metrics) got.metrics[one.name] = one;
  };
  const collector = http.createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      const status = answer(got.requests++);
      got.paths.add(request.url);
      got.headers.push(request.headers);
      const body = Buffer.concat(pieces);
      if (status === 200) take(request.url, request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
      response.writeHead(status, status === 503 ? { 'retry-after': '0' } : {}).end();
    });
  });
  await new Promise((ready) => collector.listen(0, '127.0.0.1', ready));
  const ca = process.env.NODE_EXTRA_CA_CERTS && service.startsWith('https') ? ['--ca-file', process.env.NODE_EXTRA_CA_CERTS] : [];
  const common = ['--provider', 'openai', '--model', 'gpt-5.4', '--base-url', `${service}/v1`, ...ca];
  const outcome = await promisify(execFile)(program, [...common, ...args], {
    env: { PATH: process.env.PATH, OPENAI_API_KEY: 'sk-sim', OTEL_SERVICE_NAME: 'interop', ...env,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.address().port}` },
  }).catch((error) => error);
  await new Promise((done) => collector.close(done));
  return { ...got, stdout: outcome.stdout, stderr: outcome.stderr };
}

const records = join(folder, 'in.jsonl');
writeFileSync(records, Array.from({ length: 20 }, (_, i) => JSON.stringify({ id: `r${i}`, text: `town ${i}` })).join('\n'));
const batch = (out) => ['batch', records, '--prompt', 'Describe {{text}}', '--schema', 'summary', '--out', join(folder, out), '--quiet'];

const checks = {
  async 'a batch is spans in the words of the convention'() {
    const got = await run(batch('a.jsonl'));
    assert.equal(got.stderr, '');
    assert.equal(got.resource['service.name'], 'interop');
    const whole = got.spans.filter((one) => one.name === 'invoke_workflow coax batch');
    assert.equal(whole.length, 1);
    assert.equal(whole[0].values['coax.batch.ok'], 20);
    const ofRecords = got.spans.filter((one) => one.name === 'record');
    assert.equal(ofRecords.length, 20);
    for (const record of ofRecords) {
      assert.equal(hex(record.links[0].spanId), whole[0].id);
      assert.notEqual(record.trace, whole[0].trace);
      const parts = got.spans.filter((one) => one.trace === record.trace);
      const chat = parts.find((one) => one.name === 'chat gpt-5.4');
      const attempt = parts.find((one) => one.name === 'POST');
      const parse = parts.find((one) => one.name === 'parse gpt-5.4');
      assert.equal(chat.kind, 3);
      assert.equal(parse.parent, record.id);
      assert.equal(chat.parent, parse.id);
      assert.equal(attempt.parent, chat.id);
      assert.equal(chat.values['gen_ai.operation.name'], 'chat');
      assert.equal(chat.values['gen_ai.provider.name'], 'openai');
      assert.equal(chat.values['gen_ai.output.type'], 'json');
      assert.ok(chat.values['gen_ai.usage.input_tokens'] > 0);
      assert.deepEqual(chat.values['gen_ai.response.finish_reasons'], ['stop']);
      assert.equal(chat.values['server.address'], new URL(service).hostname);
      assert.equal(chat.values['gen_ai.input.messages'], undefined);
      assert.ok(Number(chat.endTimeUnixNano) >= Number(chat.startTimeUnixNano));
      assert.ok(Number(chat.startTimeUnixNano) / 1e6 > Date.now() - 600_000);
      assert.equal(attempt.values['http.response.status_code'], 200);
    }
    const tokens = got.metrics['gen_ai.client.token.usage'];
    assert.equal(tokens.unit, '{token}');
    const points = tokens.histogram.dataPoints;
    assert.deepEqual(points.map((one) => map(one.attributes)['gen_ai.token.type']).sort(), ['input', 'output']);
    for (const point of points) {
      assert.equal(Number(point.count), 20);
      assert.equal(point.bucketCounts.length, point.explicitBounds.length + 1);
      assert.equal(point.bucketCounts.reduce((sum, one) => sum + Number(one), 0), 20);
    }
    assert.equal(Number(got.metrics['gen_ai.client.operation.duration'].histogram.dataPoints[0].count), 20);
  },
  async 'a collector without time is asked again, compressed'() {
    const got = await run(batch('b.jsonl'), { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip', OTEL_EXPORTER_OTLP_HEADERS: 'x-key=k%201' },
      (number) => (number === 0 ? 503 : 200));
    assert.equal(got.stderr, '');
    assert.equal(got.spans.length, 81);
    assert.equal(got.headers[0]['content-encoding'], 'gzip');
    assert.equal(got.headers[0]['x-key'], 'k 1');
  },
  async 'a collector that refuses harms nothing but itself'() {
    const got = await run(batch('c.jsonl'), {}, () => 400);
    assert.match(got.stderr, /telemetry: 81 spans were not taken: .*400/);
    assert.equal(got.spans.length, 0);
  },
  async 'a streamed chat has its first token, and its contents where asked for'() {
    const got = await run(['chat', '--stream', 'Hello there'], { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' });
    const chat = got.spans.find((one) => one.name === 'chat gpt-5.4');
    assert.equal(chat.values['gen_ai.request.stream'], true);
    assert.ok(chat.values['gen_ai.response.time_to_first_chunk'] > 0);
    assert.deepEqual(JSON.parse(chat.values['gen_ai.input.messages']), [{ role: 'user', parts: [{ type: 'text', content: 'Hello there' }] }]);
    assert.equal(JSON.parse(chat.values['gen_ai.output.messages'])[0].parts[0].content, got.stdout.trimEnd());
    assert.ok(got.metrics['gen_ai.client.operation.time_to_first_chunk']);
  },
  async 'nothing is exported where the variables forbid it'() {
    const got = await run(['chat', 'Hello'], { OTEL_SDK_DISABLED: 'true' });
    assert.equal(got.requests, 0);
    const wrong = await run(['chat', 'Hello'], { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    assert.equal(wrong.requests, 0);
    assert.match(wrong.stderr, /OTEL_EXPORTER_OTLP_PROTOCOL/);
    assert.ok(wrong.stdout.length > 0);
  },
};

await hold('OTLP', checks);
