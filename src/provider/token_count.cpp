#include "provider/token_count.hpp"

#include "provider/json_text.hpp"
#include "provider/response_headers.hpp"
#include "provider/service_error.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

namespace coax::detail {

result<std::int64_t> read_token_count(std::string_view service, std::string_view member, http_response const& response,
                                      std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(service, response, now);
    constexpr std::string_view wanted = "a count of tokens";
    auto const object = parse_tolerantly(response.body);
    if (!object) return make_unreadable_error(service, wanted, response, object.error());
    auto members = read_members(*object);
    if (is_truthy(members["error"])) return make_reported_error(service, response.body, request_id(response.headers));
    auto const count = json::read<std::int64_t>(members[std::string{member}]);
    if (!count || *count < 0)
        return make_unreadable_error(service, wanted, response, {.where = "/" + std::string{member}});
    return *count;
}

}  // namespace coax::detail
