#!/usr/bin/env python3
"""Anthropic's own client for Python, as Debian has it, against `coax serve-sim`.
Usage: anthropic_python.py URL [CA_FILE]. Exit code 0: everything held; 77: the client is not there."""
import json
import ssl
import sys

from support.checks import hold, refused

try:
    import anthropic
    import pydantic
except ImportError as why:
    print(f"anthropic (Python): skipped: {why}")
    sys.exit(77)

URL, CA = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None


def common(key="sk-sim"):
    options = {"base_url": URL, "api_key": key, "max_retries": 0}
    if CA:
        options["http_client"] = anthropic.DefaultHttpxClient(verify=ssl.create_default_context(cafile=CA))
    return options


client = anthropic.Anthropic(**common())
QUESTION = {"model": "claude-opus-5", "max_tokens": 512,
            "messages": [{"role": "user", "content": "Say hello in Finnish."}]}
CYCLING = {**QUESTION, "messages": [{"role": "user", "content": "Should I cycle in Oslo now?"}]}
WEATHER = {"name": "get_weather", "description": "Current weather of a city",
           "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}


class City(pydantic.BaseModel):
    city: str
    population: int


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text")


def after(asked, content):
    """The request that follows on these blocks, with the result of the call in them."""
    call = next(block for block in content if block["type"] == "tool_use")
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": "four degrees"}
    return {**asked, "messages": asked["messages"] + [{"role": "assistant", "content": content},
                                                      {"role": "user", "content": [result]}]}


def from_events(wanted):
    """The message of a stream, put together from its raw events: Debian's package has no reader of partial JSON."""
    blocks, stop = [], None
    for event in client.messages.create(**wanted, stream=True):
        if event.type == "content_block_start":
            blocks.append(event.content_block.to_dict())
        elif event.type == "content_block_delta":
            for name, text in event.delta.to_dict().items():
                if name != "type":
                    blocks[-1][name] = blocks[-1].get(name, "") + text
        elif event.type == "message_delta":
            stop = event.delta.stop_reason
    for block in blocks:
        if "partial_json" in block:
            block["input"] = json.loads(block.pop("partial_json"))
    return blocks, stop


def messages():
    message = client.messages.create(**QUESTION, system="Be brief.")
    assert message.stop_reason == "end_turn" and text_of(message)
    assert message.usage.input_tokens > 0 and message._request_id


def messages_streamed():
    whole = client.messages.create(**QUESTION)
    with client.messages.stream(**QUESTION) as stream:
        assert "".join(stream.text_stream) == text_of(whole)
        assert text_of(stream.get_final_message()) == text_of(whole)


def tools():
    asked = {**CYCLING, "tools": [WEATHER]}
    called = client.messages.create(**asked)
    assert called.stop_reason == "tool_use"
    streamed, stop = from_events(asked)
    assert stop == "tool_use"
    for content in ([block.to_dict() for block in called.content], streamed):
        assert "four degrees" in text_of(client.messages.create(**after(asked, content)))


def tools_that_the_client_runs():
    asked = []

    @anthropic.beta_tool
    def get_weather(city: str) -> str:
        """Current weather of a city"""
        asked.append(city)
        return "four degrees"

    last = client.beta.messages.tool_runner(**CYCLING, tools=[get_weather]).until_done()
    assert asked == ["Oslo"] and "four degrees" in text_of(last)


def thinking():
    wanted = {**CYCLING, "max_tokens": 4096, "thinking": {"type": "enabled", "budget_tokens": 2048}, "tools": [WEATHER]}
    whole = client.messages.create(**wanted)
    streamed, _ = from_events(wanted)
    assert whole.content[0].type == "thinking" and whole.content[0].thinking
    assert streamed[0]["thinking"] == whole.content[0].thinking
    assert streamed[0]["signature"] == whole.content[0].signature
    assert "four degrees" in text_of(client.messages.create(**after(wanted, streamed)))


def parsed():
    message = client.messages.parse(**{**QUESTION, "messages": [{"role": "user", "content": "Tell me of Oslo."}]},
                                    output_format=City)
    assert isinstance(message.parsed_output, City)


def tokens_counted():
    count = client.messages.count_tokens(model=QUESTION["model"], messages=QUESTION["messages"])
    assert count.input_tokens == client.messages.create(**QUESTION).usage.input_tokens


def models():
    names = [each.id for each in client.models.list(limit=1)]
    assert names and client.models.retrieve(names[0]).id == names[0]


def wrong():
    refused(lambda: client.messages.create(**QUESTION, extra_body={"novel": 1}), anthropic.BadRequestError,
            "novel: Extra inputs are not permitted")
    refused(lambda: anthropic.Anthropic(**common("sk-wrong")).messages.create(**QUESTION),
            anthropic.AuthenticationError, "x-api-key")


CHECKS = [messages, messages_streamed, tools, tools_that_the_client_runs, thinking, parsed, tokens_counted, models, wrong]
hold(f"anthropic (Python {anthropic.__version__})", CHECKS)
