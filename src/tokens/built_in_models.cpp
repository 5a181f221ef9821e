// The facts of models as they were known on the day that `as_of` says: limits and prices from litellm's
// model_prices_and_context_window.json (MIT), shutdown dates from the services' own notices. In the form of a file of
// `model_table::load`.
#include "tokens/model_facts_file.hpp"

namespace coax::tokens::detail {

// clang-format off
extern char const built_in_models[] = R"json({
  "as_of": "2026-08-01",
  "models": [
    {"id": "gpt-5.6", "service": "openai", "max_input_tokens": 1050000, "max_output_tokens": 128000, "usd_per_million": {"input": 5, "output": 30, "cached_input": 0.5, "cache_write": 6.25}, "long_context": {"above_input_tokens": 272000, "input": 10, "output": 45, "cached_input": 1}, "batch_percent": 50},
    {"id": "gpt-5.6-terra", "service": "openai", "max_input_tokens": 1050000, "max_output_tokens": 128000, "usd_per_million": {"input": 2, "output": 12, "cached_input": 0.2, "cache_write": 2.5}, "long_context": {"above_input_tokens": 272000, "input": 4, "output": 18, "cached_input": 0.4}, "batch_percent": 50},
    {"id": "gpt-5.6-luna", "service": "openai", "max_input_tokens": 1050000, "max_output_tokens": 128000, "usd_per_million": {"input": 0.2, "output": 1.2, "cached_input": 0.02, "cache_write": 0.25}, "long_context": {"above_input_tokens": 272000, "input": 0.4, "output": 1.8, "cached_input": 0.04}, "batch_percent": 50},
    {"id": "gpt-5.5", "service": "openai", "max_input_tokens": 1050000, "max_output_tokens": 128000, "usd_per_million": {"input": 5, "output": 30, "cached_input": 0.5}, "long_context": {"above_input_tokens": 272000, "input": 10, "output": 45, "cached_input": 1}, "batch_percent": 50},
    {"id": "gpt-5.4", "service": "openai", "max_input_tokens": 1050000, "max_output_tokens": 128000, "usd_per_million": {"input": 2.5, "output": 15, "cached_input": 0.25}, "long_context": {"above_input_tokens": 272000, "input": 5, "output": 22.5, "cached_input": 0.5}, "batch_percent": 50},
    {"id": "gpt-5.4-mini", "service": "openai", "max_input_tokens": 272000, "max_output_tokens": 128000, "usd_per_million": {"input": 0.75, "output": 4.5, "cached_input": 0.075}, "batch_percent": 50},
    {"id": "gpt-5", "service": "openai", "max_input_tokens": 272000, "max_output_tokens": 128000, "usd_per_million": {"input": 1.25, "output": 10, "cached_input": 0.125}, "batch_percent": 50, "shutdown": "2026-12-11", "encoding": "o200k_base"},
    {"id": "gpt-5-mini", "service": "openai", "max_input_tokens": 272000, "max_output_tokens": 128000, "usd_per_million": {"input": 0.25, "output": 2, "cached_input": 0.025}, "batch_percent": 50, "shutdown": "2026-12-11", "encoding": "o200k_base"},
    {"id": "gpt-5-nano", "service": "openai", "max_input_tokens": 272000, "max_output_tokens": 128000, "usd_per_million": {"input": 0.05, "output": 0.4, "cached_input": 0.005}, "batch_percent": 50, "shutdown": "2026-12-11", "encoding": "o200k_base"},
    {"id": "gpt-4.1", "service": "openai", "max_input_tokens": 1047576, "max_output_tokens": 32768, "usd_per_million": {"input": 2, "output": 8, "cached_input": 0.5}, "batch_percent": 50, "shutdown": "2027-01-14", "encoding": "o200k_base"},
    {"id": "gpt-4.1-mini", "service": "openai", "max_input_tokens": 1047576, "max_output_tokens": 32768, "usd_per_million": {"input": 0.4, "output": 1.6, "cached_input": 0.1}, "batch_percent": 50, "shutdown": "2027-01-14", "encoding": "o200k_base"},
    {"id": "gpt-4.1-nano", "service": "openai", "max_input_tokens": 1047576, "max_output_tokens": 32768, "usd_per_million": {"input": 0.1, "output": 0.4, "cached_input": 0.025}, "batch_percent": 50, "shutdown": "2026-10-23", "encoding": "o200k_base"},
    {"id": "gpt-4o", "service": "openai", "max_input_tokens": 128000, "max_output_tokens": 16384, "usd_per_million": {"input": 2.5, "output": 10, "cached_input": 1.25}, "batch_percent": 50, "shutdown": "2027-01-14", "encoding": "o200k_base"},
    {"id": "gpt-4o-mini", "service": "openai", "max_input_tokens": 128000, "max_output_tokens": 16384, "usd_per_million": {"input": 0.15, "output": 0.6, "cached_input": 0.075}, "batch_percent": 50, "shutdown": "2027-01-14", "encoding": "o200k_base"},
    {"id": "o3", "service": "openai", "max_input_tokens": 200000, "max_output_tokens": 100000, "usd_per_million": {"input": 2, "output": 8, "cached_input": 0.5}, "batch_percent": 50, "shutdown": "2026-12-11", "encoding": "o200k_base"},
    {"id": "o4-mini", "service": "openai", "max_input_tokens": 200000, "max_output_tokens": 100000, "usd_per_million": {"input": 1.1, "output": 4.4, "cached_input": 0.275}, "batch_percent": 50, "shutdown": "2026-10-23", "encoding": "o200k_base"},
    {"id": "gpt-3.5-turbo", "service": "openai", "max_input_tokens": 16385, "max_output_tokens": 4096, "usd_per_million": {"input": 0.5, "output": 1.5}, "batch_percent": 50, "shutdown": "2026-10-23", "encoding": "cl100k_base"},
    {"id": "text-embedding-3-small", "service": "openai", "max_input_tokens": 8191, "usd_per_million": {"input": 0.02}, "encoding": "cl100k_base"},
    {"id": "text-embedding-3-large", "service": "openai", "max_input_tokens": 8191, "usd_per_million": {"input": 0.13}, "encoding": "cl100k_base"},
    {"id": "gpt-5", "service": "azure", "max_input_tokens": 272000, "max_output_tokens": 128000, "usd_per_million": {"input": 1.25, "output": 10, "cached_input": 0.125}, "batch_percent": 50, "encoding": "o200k_base"},
    {"id": "gpt-5-mini", "service": "azure", "max_input_tokens": 272000, "max_output_tokens": 128000, "usd_per_million": {"input": 0.25, "output": 2, "cached_input": 0.025}, "batch_percent": 50, "encoding": "o200k_base"},
    {"id": "gpt-4.1", "service": "azure", "max_input_tokens": 1047576, "max_output_tokens": 32768, "usd_per_million": {"input": 2, "output": 8, "cached_input": 0.5}, "batch_percent": 50, "encoding": "o200k_base"},
    {"id": "gpt-4o", "service": "azure", "max_input_tokens": 128000, "max_output_tokens": 16384, "usd_per_million": {"input": 2.5, "output": 10, "cached_input": 1.25}, "batch_percent": 50, "encoding": "o200k_base"},
    {"id": "gpt-4o-mini", "service": "azure", "max_input_tokens": 128000, "max_output_tokens": 16384, "usd_per_million": {"input": 0.165, "output": 0.66, "cached_input": 0.075}, "batch_percent": 50, "encoding": "o200k_base"},
    {"id": "text-embedding-3-large", "service": "azure", "max_input_tokens": 8191, "usd_per_million": {"input": 0.13}, "encoding": "cl100k_base"},
    {"id": "claude-fable-5", "service": "anthropic", "max_input_tokens": 1000000, "max_output_tokens": 128000, "usd_per_million": {"input": 10, "output": 50, "cached_input": 1, "cache_write": 12.5, "cache_write_long": 20}, "batch_percent": 50},
    {"id": "claude-opus-5", "service": "anthropic", "max_input_tokens": 1000000, "max_output_tokens": 128000, "usd_per_million": {"input": 5, "output": 25, "cached_input": 0.5, "cache_write": 6.25, "cache_write_long": 10}, "batch_percent": 50},
    {"id": "claude-sonnet-5", "service": "anthropic", "max_input_tokens": 1000000, "max_output_tokens": 128000, "usd_per_million": {"input": 2, "output": 10, "cached_input": 0.2, "cache_write": 2.5, "cache_write_long": 4}, "batch_percent": 50},
    {"id": "claude-opus-4-8", "service": "anthropic", "max_input_tokens": 1000000, "max_output_tokens": 128000, "usd_per_million": {"input": 5, "output": 25, "cached_input": 0.5, "cache_write": 6.25, "cache_write_long": 10}, "batch_percent": 50},
    {"id": "claude-opus-4-7", "service": "anthropic", "max_input_tokens": 1000000, "max_output_tokens": 128000, "usd_per_million": {"input": 5, "output": 25, "cached_input": 0.5, "cache_write": 6.25, "cache_write_long": 10}, "batch_percent": 50},
    {"id": "claude-sonnet-4-6", "service": "anthropic", "max_input_tokens": 1000000, "max_output_tokens": 64000, "usd_per_million": {"input": 3, "output": 15, "cached_input": 0.3, "cache_write": 3.75, "cache_write_long": 6}, "batch_percent": 50},
    {"id": "claude-sonnet-4-5", "service": "anthropic", "max_input_tokens": 200000, "max_output_tokens": 64000, "usd_per_million": {"input": 3, "output": 15, "cached_input": 0.3, "cache_write": 3.75, "cache_write_long": 6}, "long_context": {"above_input_tokens": 200000, "input": 6, "output": 22.5, "cached_input": 0.6}, "batch_percent": 50, "shutdown": "2026-11-30"},
    {"id": "claude-haiku-4-5", "service": "anthropic", "max_input_tokens": 200000, "max_output_tokens": 64000, "usd_per_million": {"input": 1, "output": 5, "cached_input": 0.1, "cache_write": 1.25, "cache_write_long": 2}, "batch_percent": 50},
    {"id": "gemini-3.6-flash", "service": "gemini", "max_input_tokens": 1048576, "max_output_tokens": 65536, "usd_per_million": {"input": 1.5, "output": 7.5, "cached_input": 0.15}, "batch_percent": 50},
    {"id": "gemini-3.5-flash", "service": "gemini", "max_input_tokens": 1048576, "max_output_tokens": 65535, "usd_per_million": {"input": 1.5, "output": 9, "cached_input": 0.15}, "batch_percent": 50},
    {"id": "gemini-3.5-flash-lite", "service": "gemini", "max_input_tokens": 1048576, "max_output_tokens": 65536, "usd_per_million": {"input": 0.3, "output": 2.5, "cached_input": 0.03}, "batch_percent": 50},
    {"id": "gemini-3.1-pro-preview", "service": "gemini", "max_input_tokens": 1048576, "max_output_tokens": 65536, "usd_per_million": {"input": 2, "output": 12, "cached_input": 0.2}, "long_context": {"above_input_tokens": 200000, "input": 4, "output": 18, "cached_input": 0.4}, "batch_percent": 50},
    {"id": "gemini-2.5-pro", "service": "gemini", "max_input_tokens": 1048576, "max_output_tokens": 65535, "usd_per_million": {"input": 1.25, "output": 10, "cached_input": 0.125}, "long_context": {"above_input_tokens": 200000, "input": 2.5, "output": 15, "cached_input": 0.25}, "batch_percent": 50},
    {"id": "gemini-2.5-flash", "service": "gemini", "max_input_tokens": 1048576, "max_output_tokens": 65535, "usd_per_million": {"input": 0.3, "output": 2.5, "cached_input": 0.03}, "batch_percent": 50},
    {"id": "gemini-embedding-001", "service": "gemini", "max_input_tokens": 2048, "usd_per_million": {"input": 0.15}},
    {"id": "llama-3.3-70b-versatile", "service": "groq", "max_input_tokens": 128000, "max_output_tokens": 32768, "usd_per_million": {"input": 0.59, "output": 0.79}},
    {"id": "Llama-3.3-70B-Instruct", "service": "azure_ai", "max_input_tokens": 128000, "max_output_tokens": 2048, "usd_per_million": {"input": 0.71, "output": 0.71}},
    {"id": "Phi-4", "service": "azure_ai", "max_input_tokens": 16384, "max_output_tokens": 16384, "usd_per_million": {"input": 0.125, "output": 0.5}},
    {"id": "mistral-small-2503", "service": "azure_ai", "max_input_tokens": 128000, "max_output_tokens": 128000, "usd_per_million": {"input": 0.1, "output": 0.3}},
    {"id": "jamba-instruct", "service": "azure_ai", "max_input_tokens": 70000, "max_output_tokens": 4096, "usd_per_million": {"input": 0.5, "output": 0.7}},
    {"id": "Cohere-embed-v3-english", "service": "azure_ai", "max_input_tokens": 512, "usd_per_million": {"input": 0.1}},
    {"id": "mistral-large-latest", "service": "mistral", "max_input_tokens": 262144, "max_output_tokens": 262144, "usd_per_million": {"input": 0.5, "output": 1.5}},
    {"id": "mistral-small-latest", "service": "mistral", "max_input_tokens": 131072, "max_output_tokens": 131072, "usd_per_million": {"input": 0.06, "output": 0.18}},
    {"id": "command-r-08-2024", "service": "cohere", "max_input_tokens": 128000, "max_output_tokens": 4096, "usd_per_million": {"input": 0.15, "output": 0.6}},
    {"id": "command-r-plus-08-2024", "service": "cohere", "max_input_tokens": 128000, "max_output_tokens": 4096, "usd_per_million": {"input": 2.5, "output": 10}},
    {"id": "embed-english-v3.0", "service": "cohere", "max_input_tokens": 1024, "usd_per_million": {"input": 0.1}},
    {"id": "jev-*", "service": "typesafe", "max_input_tokens": 262144, "usd_per_million": {"input": 0.042, "output": 0}},
    {"id": "jamba-large-1.7", "service": "ai21", "max_input_tokens": 256000, "max_output_tokens": 256000, "usd_per_million": {"input": 2, "output": 8}}
  ]
})json";
// clang-format on

}  // namespace coax::tokens::detail
