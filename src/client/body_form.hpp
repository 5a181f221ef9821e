#pragma once

#include <coax/chat/response.hpp>
#include <coax/http/message.hpp>
#include <coax/provider/provider.hpp>

#include <chrono>
#include <string_view>

/// What a good response holds, whatever was asked for: there are servers that do not stream, and servers that always
/// do.
namespace coax::detail {

enum class body_form {
    unknown,  ///< Too little came to tell.
    events,   ///< Server-sent events.
    whole     ///< Anything else, to be decoded when all is there.
};

/// Told by how the body begins, as the Content-Type often is wrong; in doubt by that.
/// @param is_all  No more comes.
[[nodiscard]] body_form body_form_of(header_list const& headers, std::string_view begin, bool is_all);

/// The response that a body of events is. Errors: as `stream_decoder`, with the tokens counted.
[[nodiscard]] result<chat_response> decode_events(provider const& service, http_response const& response,
                                                  std::chrono::system_clock::time_point now);

}  // namespace coax::detail
