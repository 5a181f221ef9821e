#!/usr/bin/env python3
"""OpenAI's own client for Python, as Debian has it, against `coax serve-sim`.
Usage: openai_python.py URL [CA_FILE]. Exit code 0: everything held; 77: the client is not there."""
import json
import ssl
import sys

from support.checks import hold, refused

try:
    import openai
    import pydantic
except ImportError as why:
    print(f"openai (Python): skipped: {why}")
    sys.exit(77)

URL, CA = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None


def common(key="sk-sim"):
    options = {"api_key": key, "max_retries": 0}
    if CA:
        options["http_client"] = openai.DefaultHttpxClient(verify=ssl.create_default_context(cafile=CA))
    return options


client = openai.OpenAI(base_url=f"{URL}/v1", **common())
MODEL = "gpt-5.4"
HELLO = [{"role": "user", "content": "Say hello in Finnish."}]
CYCLING = [{"role": "user", "content": "Should I cycle in Oslo now?"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
              "additionalProperties": False}


class City(pydantic.BaseModel):
    city: str
    population: int


def chat():
    answer = client.chat.completions.create(model=MODEL, messages=HELLO)
    assert answer.choices[0].finish_reason == "stop"
    assert answer.choices[0].message.content
    assert answer.usage.total_tokens > 0
    assert answer._request_id


def chat_streamed():
    whole = client.chat.completions.create(model=MODEL, messages=HELLO).choices[0].message.content
    parts = client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in parts if chunk.choices) == whole
    with client.chat.completions.stream(model=MODEL, messages=HELLO) as stream:
        assert "".join(event.delta for event in stream if event.type == "content.delta") == whole
        assert stream.get_final_completion().choices[0].message.content == whole


def chat_parsed():
    answer = client.chat.completions.parse(model=MODEL, response_format=City,
                                           messages=[{"role": "user", "content": "Tell me of Oslo."}])
    assert isinstance(answer.choices[0].message.parsed, City)


def chat_tools():
    tools = [openai.pydantic_function_tool(pydantic.create_model("get_weather", city=(str, ...)))]
    messages = list(CYCLING)
    answer = client.chat.completions.parse(model=MODEL, messages=messages, tools=tools)
    call = answer.choices[0].message.tool_calls[0]
    assert call.function.parsed_arguments.city == "Oslo"
    messages += [answer.choices[0].message.model_dump(exclude_none=True, exclude={"parsed": True, "tool_calls": {
        "__all__": {"function": {"parsed_arguments"}}}}),
        {"role": "tool", "tool_call_id": call.id, "content": "4 degrees"}]
    answer = client.chat.completions.create(model=MODEL, messages=messages, tools=tools)
    assert "4 degrees" in answer.choices[0].message.content


def logprobs_and_choices():
    answer = client.chat.completions.create(model=MODEL, messages=HELLO, n=2, logprobs=True, top_logprobs=3)
    assert len(answer.choices) == 2
    tokens = answer.choices[1].logprobs.content
    assert "".join(token.token for token in tokens) == answer.choices[1].message.content
    assert len(tokens[0].top_logprobs) == 3


def embeddings():
    texts = ["the red cat sleeps", "stock markets fell"]
    plain = client.embeddings.create(model="e", input=texts, dimensions=64, encoding_format="float")
    packed = client.embeddings.create(model="e", input=texts, dimensions=64)
    assert len(packed.data) == 2
    for left, right in zip(plain.data[1].embedding, packed.data[1].embedding, strict=True):
        assert abs(left - right) < 1e-6


def models():
    names = [each.id for each in client.models.list()]
    assert names and client.models.retrieve(names[0]).id == names[0]


def responses():
    answer = client.responses.create(model=MODEL, input="Say hello in Finnish.")
    assert answer.status == "completed" and answer.output_text
    after = client.responses.create(model=MODEL, input="And in Swedish?", previous_response_id=answer.id)
    assert after.usage.input_tokens > answer.usage.input_tokens
    assert client.responses.retrieve(answer.id).output_text == answer.output_text
    assert client.responses.input_tokens.count(model=MODEL, input="Say hello in Finnish.").input_tokens > 0
    client.responses.delete(answer.id)
    refused(lambda: client.responses.retrieve(answer.id), openai.NotFoundError, "not found")


def responses_streamed():
    asked = {"model": MODEL, "input": "Tell me a story.", "reasoning": {"effort": "low", "summary": "auto"}}
    whole = client.responses.create(**asked)
    with client.responses.stream(**asked) as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        last = stream.get_final_response()
    assert text == whole.output_text == last.output_text
    assert last.output[0].summary[0].text == whole.output[0].summary[0].text


def responses_parsed():
    assert isinstance(client.responses.parse(model=MODEL, input="Tell me of Oslo.", text_format=City).output_parsed, City)


def responses_tools():
    tools = [{"type": "function", "name": "get_weather", "strict": True, "parameters": PARAMETERS}]
    said = list(CYCLING)
    with client.responses.stream(model=MODEL, input=said, tools=tools, store=False,
                                 include=["reasoning.encrypted_content"]) as stream:
        stream.until_done()
        called = stream.get_final_response()
    call = next(item for item in called.output if item.type == "function_call")
    assert json.loads(call.arguments)["city"] == "Oslo"
    said += [item.to_dict() for item in called.output]
    for item in said:
        item.pop("parsed_arguments", None)
    said.append({"type": "function_call_output", "call_id": call.call_id, "output": "4 degrees"})
    assert "4 degrees" in client.responses.create(model=MODEL, input=said, tools=tools, store=False).output_text


def azure():
    options = common()
    for named in ({"azure_deployment": "dep"}, {}):
        service = openai.AzureOpenAI(azure_endpoint=URL, api_version="2024-10-21", **named, **options)
        answer = service.chat.completions.create(model="dep", messages=HELLO)
        assert answer.choices[0].message.content
        parts = service.chat.completions.create(model="dep", messages=HELLO, stream=True)
        text = "".join(part.choices[0].delta.content or "" for part in parts if part.choices)
        assert text == answer.choices[0].message.content
        assert len(service.embeddings.create(model="dep", input="a").data) == 1
    newer = openai.OpenAI(base_url=f"{URL}/openai/v1/", **options)
    assert newer.responses.create(model="dep", input="Say hello.").output_text


def wrong():
    refused(lambda: client.chat.completions.create(model=MODEL, messages=HELLO, extra_body={"novel": 1}),
            openai.BadRequestError, "novel")
    refused(lambda: openai.OpenAI(base_url=f"{URL}/v1", **common("sk-wrong")).models.list(),
            openai.AuthenticationError, "API key")


CHECKS = [chat, chat_streamed, chat_parsed, chat_tools, logprobs_and_choices, embeddings, models, responses,
          responses_streamed, responses_parsed, responses_tools, azure, wrong]
hold(f"openai (Python {openai.__version__})", CHECKS)
