// A server of the official package for the newer protocol. Usage: node modern_mcp_server.mjs stdio|http. By HTTP it prints its address.
import http from 'node:http';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import * as z from 'zod';

function make() {
  const server = new McpServer({ name: 'modern', version: '1.0.0' });
  server.registerTool('add.numbers', { description: 'Adds', inputSchema: z.object({ a: z.number(), b: z.number() }),
    outputSchema: z.object({ sum: z.number() }) },
    async ({ a, b }) => ({ content: [{ type: 'text', text: `${a + b}` }], structuredContent: { sum: a + b } }));
  server.registerTool('fail', { description: 'Fails', inputSchema: z.object({}) }, async () => { throw new Error('out of ink'); });
  server.registerTool('era', { description: 'Tells which protocol is spoken', inputSchema: z.object({}) },
    async (_, context) => ({ content: [{ type: 'text', text: JSON.stringify(Object.keys(context.mcpReq?._meta ?? {})) }] }));
  return server;
}

if (process.argv[2] === 'stdio') {
  serveStdio(make);
} else {
  const handler = createMcpHandler(make);
  const server = http.createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    const answer = await handler.fetch(new Request(`http://${request.headers.host}${request.url}`, { method: request.method,
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      body: body.length > 0 ? body : undefined }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (answer.body) for await (const piece of answer.body) response.write(piece);
    response.end();
  });
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
}
