// The fields of Gemini's requests, as its documents list them.
#include "sim/gemini_wire.hpp"

namespace coax::sim::detail {
namespace {

using enum proto_kind;

extern proto_message const schema_message;

constexpr proto_field blob_fields[]{
    {.name = "mimeType"}, {.name = "data", .kind = bytes}, {.name = "displayName", .vertex_only = true}};
constexpr proto_message blob{blob_fields};

constexpr proto_field file_fields[]{
    {.name = "mimeType"}, {.name = "fileUri"}, {.name = "displayName", .vertex_only = true}};
constexpr proto_message file_data{file_fields};

constexpr proto_field call_fields[]{{.name = "id"}, {.name = "name"}, {.name = "args", .kind = structure}};
constexpr proto_message function_call{call_fields};

constexpr proto_field response_part_fields[]{{.name = "inlineData", .kind = message, .message = &blob},
                                             {.name = "fileData", .kind = message, .message = &file_data}};
constexpr proto_message response_part{response_part_fields};

constexpr proto_field response_fields[]{
    {.name = "id"},
    {.name = "name"},
    {.name = "response", .kind = structure},
    {.name = "parts", .kind = message, .repeated = true, .message = &response_part},
    {.name = "willContinue", .kind = boolean},
    {.name = "scheduling", .kind = enumeration, .values = "SCHEDULING_UNSPECIFIED SILENT WHEN_IDLE INTERRUPT"}};
constexpr proto_message function_response{response_fields};

constexpr proto_field part_fields[]{{.name = "text"},
                                    {.name = "inlineData", .kind = message, .message = &blob},
                                    {.name = "fileData", .kind = message, .message = &file_data},
                                    {.name = "functionCall", .kind = message, .message = &function_call},
                                    {.name = "functionResponse", .kind = message, .message = &function_response},
                                    {.name = "executableCode", .kind = structure},
                                    {.name = "codeExecutionResult", .kind = structure},
                                    {.name = "toolCall", .kind = structure},
                                    {.name = "toolResponse", .kind = structure},
                                    {.name = "thought", .kind = boolean},
                                    {.name = "thoughtSignature", .kind = bytes},
                                    {.name = "mediaResolution", .kind = structure},
                                    {.name = "videoMetadata", .kind = structure},
                                    {.name = "partMetadata", .kind = structure},
                                    {.name = "mediaProcessing", .kind = enumeration, .values = "STATIC AGENTIC"}};
constexpr proto_message part_message{part_fields};

constexpr proto_field content_fields[]{{.name = "role"},
                                       {.name = "parts", .kind = message, .repeated = true, .message = &part_message}};
constexpr proto_message content_message{content_fields};

constexpr proto_field schema_fields[]{
    {.name = "type",
     .kind = enumeration,
     .values = "STRING NUMBER INTEGER BOOLEAN ARRAY OBJECT NULL string number integer boolean array object null"},
    {.name = "format"},
    {.name = "title"},
    {.name = "description"},
    {.name = "nullable", .kind = boolean},
    {.name = "enum", .repeated = true},
    {.name = "items", .kind = message, .message = &schema_message},
    {.name = "minItems", .kind = integer},
    {.name = "maxItems", .kind = integer},
    {.name = "properties", .kind = message, .message = &schema_message, .map = true},
    {.name = "required", .repeated = true},
    {.name = "propertyOrdering", .repeated = true},
    {.name = "minProperties", .kind = integer},
    {.name = "maxProperties", .kind = integer},
    {.name = "minimum", .kind = number},
    {.name = "maximum", .kind = number},
    {.name = "minLength", .kind = integer},
    {.name = "maxLength", .kind = integer},
    {.name = "pattern"},
    {.name = "anyOf", .kind = message, .repeated = true, .message = &schema_message},
    {.name = "default", .kind = anything},
    {.name = "example", .kind = anything},
    {.name = "additionalProperties", .kind = anything, .vertex_only = true},
    {.name = "defs", .kind = message, .message = &schema_message, .vertex_only = true, .map = true},
    {.name = "ref", .vertex_only = true}};
constexpr proto_message schema_message{schema_fields};

constexpr proto_field declaration_fields[]{
    {.name = "name"},
    {.name = "description"},
    {.name = "parameters", .kind = message, .message = &schema_message},
    {.name = "parametersJsonSchema", .kind = anything},
    {.name = "response", .kind = message, .message = &schema_message},
    {.name = "responseJsonSchema", .kind = anything},
    {.name = "behavior", .kind = enumeration, .values = "UNSPECIFIED BLOCKING NON_BLOCKING"}};
constexpr proto_message declaration{declaration_fields};

constexpr proto_field tool_fields[]{
    {.name = "functionDeclarations", .kind = message, .repeated = true, .message = &declaration},
    {.name = "googleSearch", .kind = structure},
    {.name = "googleSearchRetrieval", .kind = structure},
    {.name = "urlContext", .kind = structure},
    {.name = "codeExecution", .kind = structure},
    {.name = "googleMaps", .kind = structure},
    {.name = "fileSearch", .kind = structure},
    {.name = "computerUse", .kind = structure},
    {.name = "mcpServers", .kind = anything}};
constexpr proto_message tool_message{tool_fields};

constexpr proto_field calling_fields[]{
    {.name = "mode", .kind = enumeration, .values = "MODE_UNSPECIFIED AUTO ANY NONE VALIDATED"},
    {.name = "allowedFunctionNames", .repeated = true}};
constexpr proto_message calling_config{calling_fields};

constexpr proto_field tool_config_fields[]{
    {.name = "functionCallingConfig", .kind = message, .message = &calling_config},
    {.name = "retrievalConfig", .kind = structure},
    {.name = "includeServerSideToolInvocations", .kind = boolean}};
constexpr proto_message tool_config{tool_config_fields};

constexpr proto_field safety_fields[]{
    {.name = "category",
     .kind = enumeration,
     .values = "HARM_CATEGORY_UNSPECIFIED HARM_CATEGORY_HARASSMENT HARM_CATEGORY_HATE_SPEECH "
               "HARM_CATEGORY_SEXUALLY_EXPLICIT HARM_CATEGORY_DANGEROUS_CONTENT HARM_CATEGORY_CIVIC_INTEGRITY"},
    {.name = "threshold",
     .kind = enumeration,
     .values = "HARM_BLOCK_THRESHOLD_UNSPECIFIED BLOCK_LOW_AND_ABOVE BLOCK_MEDIUM_AND_ABOVE BLOCK_ONLY_HIGH "
               "BLOCK_NONE OFF"},
    {.name = "method", .kind = enumeration, .values = "SEVERITY PROBABILITY", .vertex_only = true}};
constexpr proto_message safety_setting{safety_fields};

constexpr proto_field thinking_fields[]{
    {.name = "includeThoughts", .kind = boolean},
    {.name = "thinkingBudget", .kind = integer},
    {.name = "thinkingLevel",
     .kind = enumeration,
     .values = "THINKING_LEVEL_UNSPECIFIED MINIMAL LOW MEDIUM HIGH XHIGH minimal low medium high xhigh"}};
constexpr proto_message thinking_config{thinking_fields};

constexpr proto_field generation_fields[]{
    {.name = "temperature", .kind = number},
    {.name = "topP", .kind = number},
    {.name = "topK", .kind = number},
    {.name = "candidateCount", .kind = integer},
    {.name = "maxOutputTokens", .kind = integer},
    {.name = "stopSequences", .repeated = true},
    {.name = "responseMimeType"},
    {.name = "responseSchema", .kind = message, .message = &schema_message},
    {.name = "responseJsonSchema", .kind = anything},
    {.name = "responseFormat", .kind = structure, .repeated = true},
    {.name = "responseModalities",
     .kind = enumeration,
     .repeated = true,
     .values = "MODALITY_UNSPECIFIED TEXT IMAGE AUDIO"},
    {.name = "seed", .kind = integer},
    {.name = "presencePenalty", .kind = number},
    {.name = "frequencyPenalty", .kind = number},
    {.name = "responseLogprobs", .kind = boolean},
    {.name = "logprobs", .kind = integer},
    {.name = "thinkingConfig", .kind = message, .message = &thinking_config},
    {.name = "mediaResolution",
     .kind = enumeration,
     .values = "MEDIA_RESOLUTION_UNSPECIFIED MEDIA_RESOLUTION_LOW MEDIA_RESOLUTION_MEDIUM MEDIA_RESOLUTION_HIGH"},
    {.name = "speechConfig", .kind = structure},
    {.name = "imageConfig", .kind = structure},
    {.name = "audioTranscriptionConfig", .kind = structure},
    {.name = "enableEnhancedCivicAnswers", .kind = boolean},
    {.name = "routingConfig", .kind = structure, .vertex_only = true},
    {.name = "modelSelectionConfig", .kind = structure, .vertex_only = true},
    {.name = "audioTimestamp", .kind = boolean, .vertex_only = true}};
constexpr proto_message generation_config{generation_fields};

constexpr proto_field request_fields[]{
    {.name = "model"},
    {.name = "contents", .kind = message, .repeated = true, .message = &content_message},
    {.name = "systemInstruction", .kind = message, .message = &content_message},
    {.name = "tools", .kind = message, .repeated = true, .message = &tool_message},
    {.name = "toolConfig", .kind = message, .message = &tool_config},
    {.name = "safetySettings", .kind = message, .repeated = true, .message = &safety_setting},
    {.name = "generationConfig", .kind = message, .message = &generation_config},
    {.name = "cachedContent"},
    {.name = "serviceTier", .kind = enumeration, .values = "unspecified standard flex priority"},
    {.name = "store", .kind = boolean},
    {.name = "continuationToken", .kind = bytes},
    {.name = "labels", .kind = text, .vertex_only = true, .map = true},
    {.name = "modelArmorConfig", .kind = structure, .vertex_only = true}};
constexpr proto_message generate_request{request_fields};

constexpr proto_field count_fields[]{
    {.name = "contents", .kind = message, .repeated = true, .message = &content_message},
    {.name = "generateContentRequest", .kind = message, .message = &generate_request},
    {.name = "model"},
    {.name = "systemInstruction", .kind = message, .message = &content_message, .vertex_only = true},
    {.name = "tools", .kind = message, .repeated = true, .message = &tool_message, .vertex_only = true},
    {.name = "generationConfig", .kind = message, .message = &generation_config, .vertex_only = true}};
constexpr proto_message count_request{count_fields};

constexpr proto_field embed_fields[]{
    {.name = "model"},
    {.name = "content", .kind = message, .message = &content_message},
    {.name = "taskType",
     .kind = enumeration,
     .values = "TASK_TYPE_UNSPECIFIED RETRIEVAL_QUERY RETRIEVAL_DOCUMENT SEMANTIC_SIMILARITY CLASSIFICATION CLUSTERING "
               "QUESTION_ANSWERING FACT_VERIFICATION CODE_RETRIEVAL_QUERY"},
    {.name = "title"},
    {.name = "outputDimensionality", .kind = integer}};
constexpr proto_message embed_request{embed_fields};

constexpr proto_field batch_embed_fields[]{
    {.name = "requests", .kind = message, .repeated = true, .message = &embed_request}};
constexpr proto_message batch_embed_request{batch_embed_fields};

constexpr proto_field instance_fields[]{{.name = "content"}, {.name = "taskType"}, {.name = "title"}};
constexpr proto_message instance{instance_fields};

constexpr proto_field parameter_fields[]{{.name = "outputDimensionality", .kind = integer},
                                         {.name = "autoTruncate", .kind = boolean}};
constexpr proto_message predict_parameters{parameter_fields};

constexpr proto_field predict_fields[]{{.name = "instances", .kind = message, .repeated = true, .message = &instance},
                                       {.name = "parameters", .kind = message, .message = &predict_parameters}};
constexpr proto_message predict_request{predict_fields};

}  // namespace

proto_message const& gemini_generate_request() noexcept { return generate_request; }
proto_message const& gemini_count_request() noexcept { return count_request; }
proto_message const& gemini_embed_request() noexcept { return embed_request; }
proto_message const& gemini_batch_embed_request() noexcept { return batch_embed_request; }
proto_message const& vertex_predict_request() noexcept { return predict_request; }

}  // namespace coax::sim::detail
