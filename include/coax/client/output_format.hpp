#pragma once

#include <coax/core/result.hpp>
#include <coax/json/leniency.hpp>
#include <coax/schema/codec.hpp>
#include <coax/schema/dialect.hpp>
#include <coax/schema/runtime_schema.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax {

class client;

/// The format that a response must have: the schema that the service is told, and the checks of what comes back. Owns
/// all that it refers to. `output_format{}` stands for any text.
struct output_format {
    std::string name{};                                               ///< Of the schema, as the service is told.
    std::function<result<std::string>(schema_dialect)> schema{};      ///< Its text in one service's dialect.
    std::function<result<void>(std::string_view response)> accept{};  ///< Reads and validates a response.
    /// All violations of a response that was not accepted. Empty: only the error of `accept` is known.
    std::function<std::vector<json::violation>(std::string_view response)> explain{};
    /// The value is no object. A service that takes nothing else is given a schema with one property, "value", and its
    /// response is what that holds, also in a stream.
    bool wraps{false};

    /// JSON that can be read as a `T`.
    template <class T>
    [[nodiscard]] static output_format of(json::read_options const& reading = {}) {
        auto const clear = [](void* value) { *static_cast<T*>(value) = T{}; };
        return of_codec(json::codec_of<T>, std::make_shared<T>(), clear, reading);
    }

    /// JSON that fits a schema known only at run time.
    /// @param leniency  What may be wrong around and in the JSON; `json::read<json_value>` with the same gets it out of
    ///                  the response. Prose around it is not accepted: nothing tells where the value begins.
    [[nodiscard]] static output_format of(runtime_schema schema, json::leniency const& leniency = {});

private:
    friend class background_responses;
    friend class client;

    /// @param clear  Makes `*value`, an object of the codec's type, as good as new, before a response is read into it.
    static output_format of_codec(json::codec const& type, std::shared_ptr<void> value, void (*clear)(void* value),
                                  json::read_options const& reading);
};

}  // namespace coax
