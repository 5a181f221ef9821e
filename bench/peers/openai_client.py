"""Usage: openai_client.py URL chat|stream CALLS CALLERS; prints the letters of text received. SSL_CERT_FILE names the authority."""
import asyncio
import sys

from openai import AsyncOpenAI

url, kind, calls, callers = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
request = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "x" * 900}]}
left, letters = calls, 0


async def chat(client):
    return len((await client.chat.completions.create(**request)).choices[0].message.content)


async def stream(client):
    total = 0
    async for chunk in await client.chat.completions.create(**request, stream=True):
        total += len(chunk.choices[0].delta.content or "")
    return total


async def caller(client):
    global left, letters
    while left > 0:
        left -= 1
        got = await (stream if kind == "stream" else chat)(client)
        letters += got


async def main():
    async with AsyncOpenAI(base_url=url + "/v1", api_key="none") as client:
        await asyncio.gather(*(caller(client) for _ in range(callers)))
    print(letters)


asyncio.run(main())
